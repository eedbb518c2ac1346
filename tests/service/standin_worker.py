"""A worker without torch: speaks as the real one does, and does what ``standin.json`` says.

``python standin_worker.py ENDPOINT HOME SERVICE``. Its result is the content with inverted colours,
or the initial picture with inverted colours if there is one.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import signal
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import zmq

from neural_style.jobstore import worker_address, worker_messages
from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.stored_picture import store
from neural_style.jobstore.worker_messages import Beat, Cards, Pause, Ready, Run, Unready
from neural_style.worker.parent import end_with_parent
from neural_style_protocol import daemon_messages
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import Cancel, Shutdown
from neural_style_protocol.daemon_messages import CardLine
from neural_style_protocol.errors import InputError, SettingsError, StorageError, WorkerError
from neural_style_protocol.estimates import AskEstimate, Estimate
from neural_style_protocol.losses import Losses
from neural_style_protocol.phrases import Phrase
from neural_style_protocol.pixels import Picture

SCRIPT = "standin.json"
FRAMES = "standin-frames.jsonl"
_INVERTED = bytes(range(255, -1, -1))


@dataclass(frozen=True)
class Script:
    """How the stand-in behaves; ``*_at`` are steps, and happen once in the home's life.

    An ``endless`` job goes on until another script is written; a preview at its step is short.
    ``dies_of_questions`` is the width of a picture that it cannot hear of, once.
    A content image whose CRC-32 it ``refuses`` cannot be painted.
    While it is ``coarse``, its steps are at half the size.
    With ``tints`` the result is of one grey, 0 to 255 as the strength is 0 to 100.
    ``dies_of_previews`` is whether a preview at a step kills it, and ``has_room`` whether there can
    be one.
    The machine has so many ``cards``, the last of which is the freest; a worker that sees only that
    called ``deadly_card`` dies while it loads, and one that sees only the ``lost_card`` cannot use
    it. A worker that sees a card tells of each job on which card, and for which device.
    It computes in one of its ``arithmetics``, of which the first is the fastest.
    """

    steps: int = 10
    endless: bool = False
    seconds_per_step: float = 0.005
    preview_every: int = 3
    checkpoint_every: int = 5
    crash_at: int = 0
    crash_always: bool = False
    freeze_at: int = 0
    hang_at: int = 0
    fail_at: int = 0
    stop_seconds: float = 0.0
    load_seconds: float = 0.0
    unready: bool = False
    dies_loading: bool = False
    dies_of_questions: int = 0
    dies_of_previews: bool = False
    has_room: bool = True
    tints: bool = False
    cards: int = 0
    deadly_card: str = ""
    lost_card: str = ""
    coarse: bool = False
    refuses: int = 0
    arithmetics: Sequence[str] = ("integers in bfloat16", "float32")

    @property
    def cards_seen(self) -> list[str]:
        """The cards that this process sees, by their names on the whole machine."""
        there = [f"card {number}" for number in range(self.cards)]
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        numbers = range(self.cards) if visible is None else map(int, visible.split(","))
        return [there[number] for number in numbers]

    @classmethod
    def read(cls, home: Path) -> Script:
        try:
            return cls(**json.loads((home / SCRIPT).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls()

    def write(self, home: Path) -> None:
        """Put it in place in one go: a worker may be reading the one before."""
        unfinished = home / f".{SCRIPT}"
        unfinished.write_text(json.dumps(self.__dict__), encoding="utf-8")
        unfinished.replace(home / SCRIPT)


def frames_told(home: Path) -> dict[str, tuple[bool, list[str], float]]:
    """What the worker was told of each frame: whether it follows, which are before, coherence."""
    if not (home / FRAMES).exists():
        return {}
    lines = (home / FRAMES).read_text(encoding="utf-8").splitlines()
    return {job: (follows, *rest) for job, follows, *rest in map(json.loads, lines)}


def inverted(picture: Picture) -> Picture:
    """``picture`` with its colours inverted and its alpha kept."""
    if picture.dtype == "f32":
        samples = array.array("f", picture.data)
        pairs = enumerate(samples)
        kept = {3} if picture.channels == 4 else set()
        turned = (s if i % picture.channels in kept else 1 - s for i, s in pairs)
        return Picture(picture.spec, array.array("f", turned).tobytes())
    data = bytearray(picture.data.translate(_INVERTED))
    if picture.channels == 4:
        data[3::4] = picture.data[3::4]
    return Picture(picture.spec, bytes(data))


def _grey(picture: Picture, strength: float) -> Picture:
    data = bytearray([round(2.55 * strength)]) * len(picture.data)
    if picture.channels == 4:
        data[3::4] = picture.data[3::4]
    return Picture(picture.spec, bytes(data))


class StandinWorker:
    """One worker's life."""

    def __init__(self, socket: zmq.Socket[bytes], home: Path) -> None:
        self._socket = socket
        self._home = home
        self._parent = os.getppid()
        self._questions = 0
        self._later: list[Message] = []
        self._card = ""

    def live(self) -> None:
        """Load, then run jobs until the service says shutdown or is gone."""
        script = Script.read(self._home)
        time.sleep(script.load_seconds)
        cards = script.cards_seen
        if script.dies_loading or cards == [script.deadly_card]:
            os._exit(9)
        if script.unready:
            self._send(Unready("weights", "The weights are damaged.", "Fetch them again."))
            time.sleep(30)
            return
        self._begin_on(cards, is_lost=cards == [script.lost_card])
        while True:
            match self._next(1.0):
                case Shutdown():
                    return
                case Run() as run:
                    self._compute(run)
                case _:
                    pass

    def _begin_on(self, cards: list[str], *, is_lost: bool) -> None:
        lines = enumerate(cards)
        self._send(Cards(tuple(CardLine(f"cuda:{i}", card, (i + 1) * 10**9) for i, card in lines)))
        if not cards or is_lost:
            self._send(Ready("stand-in", "cpu"))
            return
        self._card = cards[-1]
        self._send(Ready(self._card, f"cuda:{len(cards) - 1}"))

    def _compute(self, run: Run, *, between: bool = False) -> None:
        script = Script.read(self._home)
        if between:
            script = replace(script, steps=min(script.steps, Script.steps), endless=False)
        folder = JobFolder(Path(run.folder))
        pictures = [folder.read_image(i, offer.spec) for i, offer in enumerate(run.images)]
        content = pictures[0]
        steps = int(str(run.settings.get("iterations", 0))) or script.steps
        initial = next((i for i, o in enumerate(run.images) if o.role == "initial"), 0)
        result = inverted(pictures[initial])
        if script.tints:
            result = _grey(result, float(str(run.settings["strength"])))
        if run.frame:
            before = [Path(one).name for one in run.before]
            with (self._home / FRAMES).open("a", encoding="utf-8") as file:
                print(json.dumps([run.job, run.follows, before, run.coherence]), file=file)
        self._send(daemon_messages.Started(run.job))
        if run.arithmetic and run.arithmetic not in script.arithmetics:
            error = SettingsError("This machine cannot compute in {it}.", it=run.arithmetic)
            self._send(daemon_messages.ErrorReply.of(error, job=run.job))
            return
        if self._card:
            told = Phrase("On {card} for {device}.", {"card": self._card, **run.settings})
            self._send(daemon_messages.Notice.of(run.job, told))
        if zlib.crc32(content.data) == script.refuses:
            problem = WorkerError("It cannot be painted.")
            self._send(daemon_messages.ErrorReply.of(problem, job=run.job))
            return
        ending = "finished"
        checkpoint = folder.stored_checkpoint()
        step = int(checkpoint.header["step"]) if checkpoint else 0
        while step < steps or (script.endless and Script.read(self._home).endless):
            step += 1
            if between and Script.read(self._home).dies_of_previews:
                os.kill(os.getpid(), signal.SIGKILL)
            self._misbehave(script, step)
            match self._next(script.seconds_per_step, run.job):
                case Run() as preview if Script.read(self._home).has_room:
                    self._compute(preview, between=True)
                case Run() as preview:
                    self._later.append(preview)
                    store(folder.checkpoint, result, {"step": step})
                    self._send(daemon_messages.Paused(run.job, step))
                    return
                case Cancel(keep=True):
                    match self._next(script.stop_seconds):
                        case Cancel(keep=False):
                            self._send(daemon_messages.Discarded(run.job))
                            return
                    ending = "stopped"
                    break
                case Cancel(keep=False):
                    self._send(daemon_messages.Discarded(run.job))
                    return
                case Pause():
                    store(folder.checkpoint, result, {"step": step})
                    self._send(daemon_messages.Paused(run.job, step))
                    return
                case Shutdown():
                    os._exit(0)
            if step % script.checkpoint_every == 0:
                with contextlib.suppress(StorageError):
                    store(folder.checkpoint, result, {"step": step})
            size = (content.width, content.height)
            if Script.read(self._home).coarse:
                size = (content.width // 2, content.height // 2)
            self._send(_progress(run.job, step, steps, size))
            if step % script.preview_every == 0:
                self._send(daemon_messages.Preview(run.job, 0, step, result.spec), [result.data])
        answer = daemon_messages.Result(run.job, 0, step, result.spec, ending, 0.1, losses_of(6.0))
        try:
            store(folder.result, result, answer.header())
        except StorageError as error:
            self._send(daemon_messages.Notice.of(run.job, error.what))
            self._send(answer, [result.data])
        else:
            self._send(answer)

    def _misbehave(self, script: Script, step: int) -> None:
        if step == script.crash_at and (script.crash_always or self._first("crash")):
            os.kill(os.getpid(), signal.SIGKILL)
        if step == script.freeze_at and self._first("freeze"):
            os.kill(os.getpid(), signal.SIGSTOP)
        if step == script.hang_at and self._first("hang"):
            while True:  # it answers, and does nothing else
                self._next(60.0)
        if step == script.fail_at and self._first("fail"):
            raise MemoryError

    def _first(self, what: str) -> bool:
        marker = self._home / f"did-{what}"
        there = marker.exists()
        marker.touch()
        return not there

    def _next(self, seconds: float, job: str = "") -> Message | None:
        """What the service says within ``seconds``, its beats answered on the way.

        While ``job`` is computed, what concerns another job is kept for later.
        """
        deadline = time.monotonic() + seconds
        for kept in list(self._later):
            if not job or getattr(kept, "job", job) == job:
                self._later.remove(kept)
                return kept
        while True:
            if os.getppid() != self._parent:
                os._exit(0)
            left = max(0.0, deadline - time.monotonic())
            if not self._socket.poll(int(left * 1000)):
                return None
            message, _ = worker_messages.decode(self._socket.recv_multipart())
            if isinstance(message, Beat):
                self._send(message)
            elif isinstance(message, AskEstimate):
                self._estimate(message)
            elif job and isinstance(message, (Cancel, Pause)) and message.job != job:
                self._later.append(message)
            else:
                return message

    def _estimate(self, asked: AskEstimate) -> None:
        """A second for each pixel of a row and style, 100 MB and 100 bytes for each pixel.

        The evaluations are the questions that it has been asked. 13 rows are refused.
        """
        self._questions += 1
        if asked.width == Script.read(self._home).dies_of_questions and self._first("die"):
            os.kill(os.getpid(), signal.SIGKILL)
        if asked.height == 13:
            error = InputError("The picture is too small.")
            self._send(daemon_messages.ErrorReply.of(error, ticket=asked.ticket))
            return
        size = asked.width, asked.height
        seconds = float(asked.width * asked.styles)
        bytes_ = 100_000_000 + 100 * asked.width * asked.height
        heard = self._questions
        device = self._card or "stand-in"
        fastest = Script.read(self._home).arithmetics[0]
        answer = Estimate(
            asked.ticket, *size, device, 0, heard, seconds, bytes_, 10**9, arithmetic=fastest
        )
        self._send(answer)

    def _send(self, message: Message, pictures: list[bytes] | None = None) -> None:
        self._socket.send_multipart(worker_messages.encode(message, pictures or []))


def losses_of(total: float) -> Losses:
    return Losses({"content": 1.0, "style": 2.0, "total_variation": 3.0}, total)


def _progress(job: str, step: int, steps: int, size: tuple[int, int]) -> daemon_messages.Progress:
    return daemon_messages.Progress(
        job=job,
        step=step,
        total=max(step, steps),
        fraction=min(1.0, step / steps),
        losses=losses_of(6.0 / step),
        elapsed=step * 0.01,
        remaining=max(0, steps - step) * 0.01,
        width=size[0],
        height=size[1],
    )


def main() -> None:
    end_with_parent(int(sys.argv[3]))
    socket = zmq.Context().socket(zmq.PAIR)
    socket.linger = 1_000
    worker_address.connect(socket, sys.argv[1])
    StandinWorker(socket, Path(sys.argv[2])).live()


if __name__ == "__main__":
    main()
