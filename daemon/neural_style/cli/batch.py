"""Paint several photos in the same style, as many at once as the daemon can, into one folder."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neural_style.cli.following import follow
from neural_style.cli.inputs import Inputs, Region, load_inputs
from neural_style.cli.interrupts import Interrupts, counted_interrupts
from neural_style.cli.json_output import error_values, print_json
from neural_style.cli.options import DAEMON_COMMAND, INTERRUPTED
from neural_style.cli.results import save_picture
from neural_style.cli.terminal import Speaker
from neural_style.picture_files import limits, reading, targets
from neural_style.picture_files.formats import format_for
from neural_style_protocol.client import Client
from neural_style_protocol.errors import (
    DaemonUnreachable,
    InputError,
    NeuralStyleError,
    StorageError,
    WorkerError,
)
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import reason
from neural_style_protocol.result_size import result_size
from neural_style_protocol.settings import Settings

MOST_AT_ONCE = 4
"""The daemon takes the pixels of no more photos from one program at a time."""

SMALLEST_PHOTO = 1
"""Pixels. A style that can be read for a photo of this size can be read for every photo."""


@dataclass(frozen=True)
class Request:
    """What to paint, and how; ``output`` is a folder if there are several photos."""

    photos: tuple[Path, ...]
    styles: tuple[Path, ...]
    output: Path
    settings: Settings
    weights: tuple[float, ...]
    regions: tuple[Region, ...]
    mask: Path | None
    initial: Path | None

    @property
    def shared(self) -> tuple[Path, ...]:
        """The pictures that are used for every photo."""
        return (*self.styles, *(path for path in (self.mask, self.initial) if path))


@dataclass(frozen=True)
class Outcome:
    """The outcome for one photo: ``values`` for JSON, and the error if it was not painted."""

    photo: Path
    values: dict[str, Any]
    error: NeuralStyleError | None = None

    @property
    def is_painted(self) -> bool:
        return bool(self.values.get("output"))


@dataclass(frozen=True)
class _Sent:
    """A photo whose turn it is, and its job; ``error`` says why it could not be sent.

    ``ahead`` is whether it was sent while another one was being followed.
    """

    number: int
    photo: Path
    output: Path
    speaker: Speaker
    ahead: bool
    job: str = ""
    inputs: Inputs | None = None
    error: NeuralStyleError | None = None


@dataclass(frozen=True)
class _Session:
    """What the photos of one run share; ``total`` is their number."""

    client: Client
    request: Request
    interrupts: Interrupts
    total: int


def paint_all(request: Request, speaker: Speaker) -> int:
    """Paint every photo of ``request``, report each outcome, and return the exit status.

    A photo that cannot be read or painted is skipped. An interrupt ends the run and keeps the
    current picture as it is; those that are painted beside it are discarded. A second interrupt
    discards that picture too.

    Raises:
        NeuralStyleError: no photo can be painted, for example because a style cannot be read.
    """
    for path in request.shared:
        _check_shared(path, is_style=path in request.styles)
    if len(request.styles) > 1:
        names = ", ".join(path.name for path in request.styles)
        speaker.note(f"Every photo is painted in {len(request.styles)} styles at once: {names}.")
    outputs = plan_outputs(request.photos, request.output)
    _check(request, outputs)
    outcomes: list[Outcome] = []
    waiting = deque(enumerate(zip(request.photos, outputs, strict=True)))
    sent: deque[_Sent] = deque()
    with (
        connect_or_start(Home.find(), DAEMON_COMMAND, name="neural-style stylize") as client,
        counted_interrupts() as interrupts,
    ):
        session = _Session(client, request, interrupts, len(outputs))
        while waiting or sent:
            while waiting and len(sent) < _at_once(client):
                number, (photo, output) = waiting.popleft()
                own = Speaker(as_json=speaker.as_json)
                sent.append(_send(session, _Sent(number, photo, output, own, ahead=bool(sent))))
            outcome = _paint(session, sent.popleft())
            outcomes.append(outcome)
            if interrupts.count or _affects_all(outcome.error):
                break
        _discard(client, sent)
        daemon = {"pid": client.daemon.pid}
    return _report(session, outcomes, daemon, speaker)


def load_for(request: Request, photo: Path, output: Path, speaker: Speaker) -> Inputs:
    """The pictures for one photo of ``request``; checks the result's size for ``output``.

    Raises:
        InputError: a picture cannot be used, or its result is too large for the format.
    """
    inputs = load_inputs(
        photo,
        request.styles,
        weights=request.weights,
        regions=request.regions,
        mask=request.mask,
        initial=request.initial,
        note=speaker.note,
    )
    content = inputs.content
    limits.check_size(output, *result_size(request.settings, content.width, content.height))
    return inputs


def submit(client: Client, request: Request, photo: Path, inputs: Inputs) -> str:
    """Send one ``photo`` of ``request`` to the daemon; returns the job's id."""
    return client.submit(
        inputs.content,
        inputs.styles,
        request.settings,
        mask=inputs.mask,
        initial=inputs.initial,
        title=photo.name,
    )


def plan_outputs(photos: Sequence[Path], folder: Path) -> list[Path]:
    """A different file in ``folder`` for each photo, with the photo's name.

    A second ``1.png`` becomes ``1-2.png``. If a photo's format cannot be written, its result is a
    PNG.
    """
    wanted = [_writable_name(photo) for photo in photos]
    taken: set[str] = set()
    outputs = []
    for number, name in enumerate(wanted):
        others = {other.casefold() for other in wanted[number + 1 :]}
        unique, count = name, 1
        while unique.casefold() in taken or (count > 1 and unique.casefold() in others):
            count += 1
            unique = f"{Path(name).stem}-{count}{Path(name).suffix}"
        taken.add(unique.casefold())
        outputs.append(folder / unique)
    return outputs


def _writable_name(photo: Path) -> str:
    try:
        format_for(photo)
    except InputError:
        return f"{photo.stem}.png"
    return photo.name


def _check(request: Request, outputs: Sequence[Path]) -> None:
    """Check before the work that all results can be saved, and that none replaces an input."""
    folder = request.output
    if folder.exists() and not folder.is_dir():
        raise StorageError(
            "{folder} is a file, not a folder.",
            next_step="Name a folder for the pictures.",
            folder=folder,
        )
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise StorageError(
            "The folder {folder} cannot be made ({reason}).",
            next_step="Choose another place.",
            folder=folder,
            reason=reason(error),
        ) from error
    for output in outputs:
        if any(_is_same(output, path) for path in (*request.photos, *request.shared)):
            raise StorageError(
                "The painted picture would replace {output}, which it is made from.",
                next_step="Choose another folder.",
                output=output,
            )
        targets.check_writable(output)


def _check_shared(path: Path, *, is_style: bool) -> None:
    """Check before the work a picture that is used for every photo."""
    if path.is_fifo():
        raise InputError(
            "{path} is a pipe, which can be read only once, and there may be several photos.",
            next_step="Save the picture in a file first.",
            path=path,
        )
    if is_style:
        reading.load_style(path, SMALLEST_PHOTO)
    else:
        reading.load(path)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _at_once(client: Client) -> int:
    """How many photos are worth sending: one for each of the daemon's workers."""
    with contextlib.suppress(NeuralStyleError):  # it will be told when the next photo is sent
        return max(1, min(MOST_AT_ONCE, len(client.status().workers)))
    return 1


def _send(session: _Session, photo: _Sent) -> _Sent:
    try:
        inputs = load_for(session.request, photo.photo, photo.output, photo.speaker)
        job = submit(session.client, session.request, photo.photo, inputs)
    except NeuralStyleError as error:
        return replace(photo, error=error)
    return replace(photo, job=job, inputs=inputs)


def _paint(session: _Session, sent: _Sent) -> Outcome:
    """Follow the job of a photo to its end, and save its picture."""
    client, photo, speaker = session.client, sent.photo, sent.speaker
    values: dict[str, Any] = {"content": str(photo), "notes": speaker.notes}
    position = f"{sent.number + 1} of {session.total}"
    try:
        if sent.error is not None:
            raise sent.error
        assert sent.inputs is not None
        if sent.ahead:  # what was told of it was not heard
            client.watch(sent.job)
        finished = follow(
            client, sent.job, speaker, interrupts=session.interrupts, position=position
        )
        if finished is None:
            return Outcome(photo, {**values, "output": None, "ending": "discarded"})
        saved = save_picture(finished, sent.output, speaker, sent.inputs.kept)
        return Outcome(photo, {**values, **saved})
    except NeuralStyleError as error:
        speaker.say(f"Not painted: {error}")
        return Outcome(photo, {**values, "output": None, "error": error_values(error)}, error)


def _discard(client: Client, sent: Iterable[_Sent]) -> None:
    """Discard what is still being painted, unless the daemon has gone."""
    for each in sent:
        if each.job:
            with contextlib.suppress(DaemonUnreachable):
                client.cancel(each.job, keep=False)


def _affects_all(error: NeuralStyleError | None) -> bool:
    """Whether the next photo would fail too, for example because the disk is full."""
    return error is not None and not isinstance(error, (InputError, WorkerError))


def _report(
    session: _Session, outcomes: Sequence[Outcome], daemon: dict[str, Any], speaker: Speaker
) -> int:
    """Report all outcomes, and return the exit status."""
    failed = [outcome for outcome in outcomes if outcome.error]
    first = failed[0].error if failed else None
    was_stopped = session.interrupts.count > 0
    painted = sum(outcome.is_painted for outcome in outcomes)
    summary = f"{painted} of {session.total} photos are painted."
    if failed:
        summary += f" Not painted: {', '.join(str(outcome.photo) for outcome in failed)}."
    speaker.say(summary)
    if speaker.as_json:
        answer: dict[str, Any] = {
            "pictures": [outcome.values for outcome in outcomes],
            "ending": "stopped" if was_stopped else "failed" if first else "finished",
            "daemon": daemon,
            "notes": speaker.notes,
        }
        if first:
            answer["error"] = {**error_values(first), "sentence": summary}
        print_json(answer)
    if was_stopped:
        return INTERRUPTED
    return first.exit_status if first else 0
