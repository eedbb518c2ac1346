"""Jobs through the real engine, as small as it takes them."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
import torch

from neural_style.engine import Stylizer
from neural_style.engine.calibrate import CalibrationStopped
from neural_style.engine.network.notes import Notes
from neural_style.engine.plan import memory
from neural_style.engine.plan.execution_plan import WHOLE_PIXELS
from neural_style.engine.plan.shares import Shares
from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.worker_messages import Run
from neural_style.worker.runner import Runner
from neural_style.worker.stop import Stop
from neural_style_protocol import daemon_messages
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import ImageOffer
from neural_style_protocol.errors import InputError, SettingsError
from neural_style_protocol.estimates import AskEstimate
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings, setting

pytestmark = pytest.mark.slow

SIDE = 48
STEPS = 6


def picture(seed: int, channels: int = 3) -> Picture:
    generator = torch.Generator().manual_seed(seed)
    samples = torch.randint(0, 256, (SIDE, SIDE, channels), generator=generator)
    return Picture.of(SIDE, SIDE, channels, bytes(samples.flatten().tolist()))


class Heard:
    """What the runner says; ``on_progress`` is called at each progress."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.on_progress: Callable[[daemon_messages.Progress], None] = lambda message: None

    def send(self, message: Message, pictures: Sequence[bytes]) -> None:
        self.messages.append(message)
        if isinstance(message, daemon_messages.Progress):
            self.on_progress(message)

    def of(self, kind: type[Message]) -> list[Message]:
        return [message for message in self.messages if isinstance(message, kind)]


@pytest.fixture(scope="module")
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, heard: Heard) -> Runner:
    torch.set_num_threads(1)
    return Runner(Home(tmp_path_factory.mktemp("home")), heard.send)


@pytest.fixture(autouse=True)
def fresh(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every evaluation is told."""
    monkeypatch.setattr("neural_style.worker.report.PROGRESS_SECONDS", 0.0)
    heard.messages.clear()
    heard.on_progress = lambda message: None


def job(folder: Path, *pictures: tuple[str, Picture], **settings: object) -> Run:
    """A job whose pictures are on disk, as the service leaves them."""
    for index, (_, made) in enumerate(pictures):
        JobFolder(folder).append(index, made.data)
    offers = tuple(ImageOffer(role, made.spec) for role, made in pictures)
    chosen = {"preset": "draft", "iterations": STEPS, **settings}
    return Run("job", str(folder), chosen, offers)


def test_the_result_is_on_disk_before_it_is_told(
    runner: Runner, heard: Heard, tmp_path: Path
) -> None:
    runner.run(job(tmp_path, ("content", picture(1)), ("style", picture(2))), Stop())
    assert isinstance(heard.messages[0], daemon_messages.Started)
    result = heard.messages[-1]
    assert isinstance(result, daemon_messages.Result)
    stored = JobFolder(tmp_path).stored_result()
    assert stored is not None
    assert (stored.spec, stored.header["step"]) == (result.spec, result.step)
    assert stored.picture().data != picture(1).data


def test_the_heap_is_given_back_once_when_a_picture_is_painted(
    runner: Runner, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the longer, the more was freed."""
    trims: list[str] = []
    monkeypatch.setattr(memory, "_trim_heap", lambda: trims.append("trim"))
    heard.on_progress = lambda progress: trims.clear()
    runner.run(job(tmp_path, ("content", picture(1)), ("style", picture(2))), Stop())
    assert trims == ["trim"]


def test_a_paused_job_goes_on_where_it_was(runner: Runner, heard: Heard, tmp_path: Path) -> None:
    run, stop = job(tmp_path, ("content", picture(1)), ("style", picture(2))), Stop()
    heard.on_progress = lambda progress: stop.request("pause") if progress.step == 3 else None
    runner.run(run, stop)
    assert heard.messages[-1] == daemon_messages.Paused("job", 3)
    stored = JobFolder(tmp_path).stored_checkpoint()
    assert stored is not None
    assert stored.header["step"] == 3
    heard.messages.clear()
    heard.on_progress = lambda progress: None
    runner.run(run, Stop())
    steps = [message.step for message in heard.of(daemon_messages.Progress)]
    assert steps[0] == 4
    result = heard.messages[-1]
    assert isinstance(result, daemon_messages.Result)
    assert result.elapsed > stored.header["elapsed"]


def _pause_at(stop: Stop, step: int | None, progress: daemon_messages.Progress) -> None:
    if progress.step == step:
        stop.request("pause")


def test_a_paused_job_becomes_the_picture_that_it_would_have_been(
    runner: Runner, heard: Heard, tmp_path: Path
) -> None:
    pictures = (("content", picture(1)), ("style", picture(2)))
    results = []
    for name, pause_at in (("whole", None), ("paused", 4)):
        (tmp_path / name).mkdir()
        run, stop = job(tmp_path / name, *pictures), Stop()
        heard.on_progress = partial(_pause_at, stop, pause_at)
        runner.run(run, stop)
        if pause_at is not None:
            runner.run(run, Stop())
        stored = JobFolder(tmp_path / name).stored_result()
        assert stored is not None
        results.append(stored.picture().data)
    differences = [abs(a - b) for a, b in zip(*results, strict=True)]
    assert max(differences) <= 1


def test_the_arithmetic_given_is_the_one_that_would_be_chosen(
    runner: Runner, heard: Heard, tmp_path: Path
) -> None:
    """The same bits whether it is given or chosen; others in another arithmetic."""
    chosen = runner.estimate(AskEstimate("t", {"preset": "draft"}, SIDE, SIDE)).arithmetic
    other = "float32" if "float32" not in chosen else "bfloat16"
    results = {}
    for name in ("", chosen, other):
        folder = tmp_path / (name or "nothing")
        folder.mkdir()
        run = job(folder, ("content", picture(1)), ("style", picture(2)))
        runner.run(dataclasses.replace(run, arithmetic=name), Stop())
        stored = JobFolder(folder).stored_result()
        assert stored is not None
        results[name] = stored.picture().data
    assert results[""] == results[chosen] != results[other]


def test_an_arithmetic_that_the_machine_lacks_is_said(
    runner: Runner, heard: Heard, tmp_path: Path
) -> None:
    run = job(tmp_path, ("content", picture(1)), ("style", picture(2)))
    with pytest.raises(SettingsError, match="no arithmetic called 'decimal'"):
        runner.run(dataclasses.replace(run, arithmetic="decimal"), Stop())


def test_the_textbook_is_always_in_float32(runner: Runner) -> None:
    question = AskEstimate("t", {"preset": "textbook"}, SIDE, SIDE)
    assert runner.estimate(question).arithmetic == "float32"


@pytest.mark.parametrize("whole_pixels", [1 << 20, 0], ids=["whole", "in tiles"])
def test_previews_at_steps_change_no_bit(
    runner: Runner,
    heard: Heard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    whole_pixels: int,
) -> None:
    """In tiles, a preview is computed between them too, even where no gradient is needed."""
    monkeypatch.setitem(WHOLE_PIXELS, "cpu", whole_pixels)
    pictures = (("content", picture(1)), ("style", picture(2)))
    (tmp_path / "preview").mkdir()
    own = (("content", picture(3)), ("style", picture(4)))
    preview = job(tmp_path / "preview", *own, iterations=1)
    previews = []
    calls = itertools.count()

    def result_of(name: str) -> bytes:
        stored = JobFolder(tmp_path / name).stored_result()
        assert stored is not None
        return stored.picture().data

    def between() -> None:
        if next(calls) % 4 == 0:
            runner.run(preview, Stop())
            previews.append(result_of("preview"))

    results = []
    for name, at_a_step in (("alone", lambda: None), ("shared", between)):
        (tmp_path / name).mkdir()
        runner.run(job(tmp_path / name, *pictures, iterations=4), Stop(), at_a_step)
        results.append(result_of(name))
    assert results[0] == results[1]
    assert len(set(previews)) == 1


def test_there_is_room_for_a_preview_as_long_as_memory_is_free(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = job(tmp_path, ("content", picture(1)), ("style", picture(2)))
    assert runner.has_room_for(preview)
    monkeypatch.setattr("neural_style.engine.stylizer.free_memory", lambda device: 1 << 20)
    assert not runner.has_room_for(preview)


def test_it_tells_what_a_picture_takes(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neural_style.engine.calibrate.CALIBRATION_SIDE", 64)
    question = AskEstimate("ticket", {"preset": "draft"}, 300, 200)
    before = runner.estimate(question)
    assert (before.ticket, before.width, before.height, before.tile) == ("ticket", 300, 200, 0)
    assert before.seconds is None
    assert 0 < before.peak_bytes < before.free_bytes
    runner.measure(question, lambda: True)
    assert runner.estimate(question).seconds is None
    runner.measure(question, lambda: False)
    after = runner.estimate(question)
    assert after.seconds is not None
    assert after.seconds > 0
    large = runner.estimate(AskEstimate("t", {"preset": "draft", "size": 4_000}, 4_000, 3_000))
    assert large.tile > 0
    assert large.seconds is not None
    assert large.seconds > after.seconds
    mixed = runner.estimate(AskEstimate("ticket", {"preset": "draft"}, 300, 200, styles=3))
    assert mixed.seconds is not None
    assert mixed.seconds > after.seconds
    assert mixed.peak_bytes > after.peak_bytes
    untouched = runner.estimate(AskEstimate("t", {"strength": 0.0}, 300, 200))
    assert (untouched.evaluations, untouched.seconds) == (0, 0.0)
    with pytest.raises(InputError):
        runner.estimate(AskEstimate("t", {}, 12, 8))


class OfTwo(Stylizer):
    """One of two devices, as where there is a graphics card beside the processor."""

    def __init__(
        self, weights: Path, *, device: str, shares: Shares, notes: Notes | None = None
    ) -> None:
        super().__init__(weights, device=device, shares=shares, notes=notes)
        self.device_name = f"called {device}"


@pytest.mark.parametrize("devices", ["one", "two"])
def test_an_answer_fetches_loads_and_times_nothing(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, devices: str
) -> None:
    """It is given by the thread that talks, while the other one computes."""
    if devices == "two":
        monkeypatch.setattr("neural_style.worker.runner.Stylizer", OfTwo)
        runner = Runner(runner._home, runner._send)

    def forbidden(*_arguments: object, **_named: object) -> None:
        raise AssertionError("an estimate did that")

    for work in ("weights.ensure", "worker.runner.Stylizer"):
        monkeypatch.setattr(f"neural_style.{work}", forbidden)
    monkeypatch.setattr("torch.nn.functional.conv2d", forbidden)
    for device in setting("device").choices:
        for name in setting("weights").choices:
            for preset in setting("preset").choices:
                asked = {"device": device, "weights": name, "preset": preset}
                found = runner.estimate(AskEstimate("t", asked, 300, 200))
                assert devices == "one" or found.device == f"called {device}"


def test_an_answer_comes_while_the_speed_is_measured(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    measures, is_answered = threading.Event(), threading.Event()

    def endless(_settings: Settings, should_stop: Callable[[], bool]) -> None:
        measures.set()
        assert is_answered.wait(60)
        assert should_stop()
        raise CalibrationStopped

    monkeypatch.setattr(runner._default, "calibrate", endless)
    monkeypatch.setattr("neural_style.worker.calibrations.MAX_AGE_SECONDS", 0.0)
    question = AskEstimate("t", {"device": "auto"}, 300, 200)
    computing = threading.Thread(target=runner.measure, args=(question, lambda: True))
    computing.start()
    assert measures.wait(60)
    assert runner.estimate(question).seconds is None
    is_answered.set()
    computing.join(60)
    assert not computing.is_alive()


def test_the_processor_can_be_asked_for(runner: Runner, heard: Heard, tmp_path: Path) -> None:
    """Whatever else there is; where there is nothing else, one network serves both."""
    question = AskEstimate("ticket", {"preset": "draft", "device": "cpu"}, 300, 200)
    assert runner.estimate(question).device.startswith("CPU")
    pictures = (("content", picture(1)), ("style", picture(2)))
    runner.run(job(tmp_path, *pictures, device="cpu"), Stop())
    assert isinstance(heard.messages[-1], daemon_messages.Result)
    if runner.device.startswith("CPU"):
        assert runner._stylizer("quantised", "cpu") is runner._default


def test_what_a_running_job_holds_is_free_for_the_next(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = AskEstimate("ticket", {"preset": "draft"}, 300, 200)
    gigabyte, at_rest = 10**9, 5 * 10**8
    monkeypatch.setattr("neural_style.engine.stylizer.free_memory", lambda device: 2 * gigabyte)
    monkeypatch.setattr(runner._default, "_at_rest", at_rest)
    told = {}
    for held in (at_rest, at_rest + gigabyte):
        monkeypatch.setattr("neural_style.engine.stylizer.held_memory", lambda device, h=held: h)
        told[held] = runner.estimate(question)
    alone, busy = told.values()
    assert busy.free_bytes == alone.free_bytes + gigabyte
    assert busy.peak_bytes == alone.peak_bytes


def test_a_discarded_job_leaves_no_result(runner: Runner, heard: Heard, tmp_path: Path) -> None:
    stop = Stop()
    heard.on_progress = lambda progress: stop.request("discard")
    runner.run(job(tmp_path, ("content", picture(1)), ("style", picture(2))), stop)
    assert heard.messages[-1] == daemon_messages.Discarded("job")
    assert JobFolder(tmp_path).stored_result() is None


def test_a_damaged_checkpoint_costs_the_time_not_the_picture(
    runner: Runner, heard: Heard, tmp_path: Path
) -> None:
    run = job(tmp_path, ("content", picture(1)), ("style", picture(2)))
    JobFolder(tmp_path).checkpoint.write_bytes(b"nonsense")
    runner.run(run, Stop())
    assert isinstance(heard.messages[-1], daemon_messages.Result)
    assert heard.of(daemon_messages.Progress)[0].step == 1


def test_a_full_disk_sends_the_result_itself(runner: Runner, heard: Heard, tmp_path: Path) -> None:
    run = job(tmp_path, ("content", picture(1)), ("style", picture(2)))
    JobFolder(tmp_path).result.mkdir()  # a file cannot be put here
    runner.run(run, Stop())
    assert any(
        "kept in memory" in str(notice.phrase) for notice in heard.of(daemon_messages.Notice)
    )
    assert isinstance(heard.messages[-1], daemon_messages.Result)


def test_where_the_mask_is_zero_the_content_stays(
    runner: Runner, heard: Heard, tmp_path: Path
) -> None:
    mask = Picture.of(SIDE, SIDE, 1, bytes(SIDE * SIDE // 2) + b"\xff" * (SIDE * SIDE // 2))
    pictures = (("content", picture(1)), ("style", picture(2)), ("mask", mask))
    runner.run(job(tmp_path, *pictures), Stop())
    stored = JobFolder(tmp_path).stored_result()
    assert stored is not None
    half = SIDE * SIDE // 2 * 3
    assert stored.picture().data[:half] == picture(1).data[:half]
    assert stored.picture().data[half:] != picture(1).data[half:]


def test_the_time_left_is_told_from_the_measured_speed_at_first(
    runner: Runner, heard: Heard, tmp_path: Path
) -> None:
    run = job(tmp_path, ("content", picture(1)), ("style", picture(2)))
    runner.measure(AskEstimate("ticket", run.settings, SIDE, SIDE), lambda: False)
    runner.run(run, Stop())
    told = [line for line in heard.messages if isinstance(line, daemon_messages.Progress)]
    assert [line.remaining is None for line in told] == [False] * STEPS
    assert told[0].fraction > 0.0
    assert told[-1].remaining == 0.0
    assert told[-1].fraction == 1.0
