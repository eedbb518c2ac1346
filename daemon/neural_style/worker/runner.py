"""Runs one job from its pixels to its result."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from neural_style import weights
from neural_style.engine import Progress, Render, StyleImage, Stylizer, Task
from neural_style.engine.calibrate import CalibrationStopped
from neural_style.engine.plan.devices import CPU, graphics_cards, is_device_failure
from neural_style.engine.plan.estimate import Calibration
from neural_style.engine.plan.memory import release_memory
from neural_style.engine.plan.shares import Shares
from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.worker_messages import Run
from neural_style.worker.calibrations import Calibrations
from neural_style.worker.checkpoints import Checkpoints
from neural_style.worker.faces import FaceFinder
from neural_style.worker.frames import as_frame
from neural_style.worker.machine_notes import MachineNotes
from neural_style.worker.pictures import Planes, mask_of, planes_of
from neural_style.worker.process import DeviceLost
from neural_style.worker.report import Report, Send
from neural_style.worker.stop import Stop
from neural_style_protocol import daemon_messages
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.estimates import AskEstimate, Estimate
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import Phrase
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings, setting

PROCESSOR = "cpu"
DEFAULT_WEIGHTS = str(setting("weights").default)
UNMEASURED = Calibration(0.0, 0.0)


class Runner:
    """Keeps the networks loaded and runs one job at a time.

    Args:
        workers: how many runners share the processor and its memory.
        on_card: how many share the graphics card. If it is 0, all cards are seen, and each worker
            takes one in turn.
    """

    def __init__(self, home: Home, send: Send, workers: int = 1, on_card: int = 0) -> None:
        self._home = home
        self._send = send
        if workers > 1:
            torch.set_num_threads(max(1, torch.get_num_threads() // workers))
        cards = max(1, len(list(graphics_cards())))
        self._shares = Shares(workers, on_card or math.ceil(workers / cards))
        self._stylizers: dict[tuple[str, str], Stylizer] = {}
        self._calibrations = Calibrations(home)
        self._notes = MachineNotes(home)
        self._faces = FaceFinder()
        self._default = self._stylizer(DEFAULT_WEIGHTS, str(setting("device").default))
        self._default.warm_up()
        self._estimators = {name: self._estimator(name) for name in setting("device").choices}
        self.device, self.card = self._default.device_name, self._default.device

    def cards(self) -> tuple[daemon_messages.CardLine, ...]:
        """The graphics cards that this process sees, as they are now."""
        return tuple(
            daemon_messages.CardLine(str(card.device), card.name, card.free_bytes or 0)
            for card in graphics_cards()
        )

    def run(self, run: Run, stop: Stop, between: Callable[[], None] = lambda: None) -> None:
        """Compute ``run`` and send its result, or that it was discarded or paused.

        ``between`` is called after each evaluation and between tiles, and may run another job.

        Raises:
            NeuralStyleError: the job has failed.
            DeviceLost: the graphics card has failed.
        """
        self._send(daemon_messages.Started(run.job), ())
        folder = JobFolder(Path(run.folder))
        pictures = [folder.read_image(index, offer.spec) for index, offer in enumerate(run.images)]
        settings = Settings.from_dict(run.settings)
        task, content = task_of(run, pictures, settings, self._faces)

        def notify(phrase: Phrase) -> None:
            self._send(daemon_messages.Notice.of(run.job, phrase), ())

        if run.frame:
            task = as_frame(task, run, notify)
        checkpoints = Checkpoints(folder)
        resumed = checkpoints.read()
        if resumed is not None:
            task = dataclasses.replace(task, checkpoint=resumed[0])
        report = Report(
            job=run.job,
            send=self._send,
            folder=folder,
            checkpoints=checkpoints,
            content=content,
            dtype=pictures[0].dtype,
            stop=stop,
            elapsed_before=resumed[1] if resumed else 0.0,
            begins_shot=task.previous is None,
        )

        def make_way() -> None:
            began = time.monotonic()
            with torch.enable_grad():  # between tiles, it may be off
                between()
            report.leave_out(time.monotonic() - began)

        def observe(progress: Progress, render: Render) -> bool:
            make_way()
            return report.observe(progress, render)

        def should_stop() -> bool:
            make_way()
            return stop.requested

        stylizer = self._stylizer(settings.weights, settings.device)
        if stylizer.notice is not None and settings.device != PROCESSOR:
            notify(stylizer.notice)
        with _device_failures():
            outcome = stylizer.stylize(
                task,
                observe,
                should_stop=should_stop,
                on_notice=notify,
                caution=run.crashes,
                calibration=self._calibrations.last(stylizer, settings),
                clock=lambda: report.elapsed,
            )
        report.finish(outcome)

    def has_room_for(self, run: Run) -> bool:
        """Whether ``run`` fits into the memory that is free now, as far as it can run at all."""
        release_memory(CPU)
        settings = Settings.from_dict(run.settings)
        content = next(offer.spec for offer in run.images if offer.role == "content")
        with contextlib.suppress(NeuralStyleError):
            stylizer = self._stylizer(settings.weights, settings.device)
            size = content.height, content.width
            return stylizer.has_room_for(settings, size, run.arithmetic)
        return True

    def estimate(self, question: AskEstimate) -> Estimate:
        """The estimate for a picture; its time is None until the speed has been measured.

        This computes and loads nothing, and may be called while another thread runs a job.

        Raises:
            NeuralStyleError: such a picture is impossible.
        """
        settings = Settings.from_dict(question.settings)
        stylizer = self._estimator_for(settings)
        calibration = self._calibrations.known(stylizer, settings)
        content = question.height, question.width
        found = stylizer.estimate(settings, content, calibration or UNMEASURED, question.styles)
        height, width = found.size
        return Estimate(
            ticket=question.ticket,
            width=width,
            height=height,
            device=stylizer.device_name,
            tile=found.plan.tile or 0,
            evaluations=found.evaluations,
            seconds=None if calibration is None else round(found.seconds, 1),
            peak_bytes=found.peak_bytes,
            free_bytes=found.free_bytes,
            full_size_evaluations=round(found.full_size_evaluations, 2),
            arithmetic=stylizer.arithmetic(settings),
        )

    def measure(self, question: AskEstimate, should_stop: Callable[[], bool]) -> None:
        """Measure the speed for such a picture, unless it is known or ``should_stop``.

        Raises:
            StorageError: the result cannot be stored.
            DeviceLost: the graphics card has failed.
        """
        settings = Settings.from_dict(question.settings)
        stylizer = self._estimator_for(settings)
        if self._calibrations.known(stylizer, settings) is None:
            # If it is stopped, the question will be put again.
            with _device_failures(), contextlib.suppress(CalibrationStopped):
                self._calibrations.measure(stylizer, settings, should_stop)

    def _estimator_for(self, settings: Settings) -> Stylizer:
        """The stylizer for estimates: that of the card in question, if it is loaded."""
        loaded = self._stylizers.get((DEFAULT_WEIGHTS, settings.device))
        return self._estimators.get(settings.device) or loaded or self._default

    def _estimator(self, device: str) -> Stylizer:
        """The stylizer for estimates on ``device``, with the default weights; others are as fast.

        The first estimate measures the device's precision, so it is made in advance.
        """
        stylizer = self._stylizer(DEFAULT_WEIGHTS, device)
        with contextlib.suppress(NeuralStyleError):  # for example, there is too little memory now
            stylizer.estimate(Settings(device=device), (512, 512), UNMEASURED)
        return stylizer

    def _stylizer(self, name: str, device: str) -> Stylizer:
        if (name, device) not in self._stylizers:
            path = weights.ensure(self._home.weights, name)
            made = Stylizer(path, device=device, shares=self._shares, notes=self._notes)
            same = (
                loaded
                for (other_name, _), loaded in self._stylizers.items()
                if (other_name, loaded.device, loaded.device_name)
                == (name, made.device, made.device_name)
            )
            self._stylizers[name, device] = next(same, made)
        return self._stylizers[name, device]


@contextlib.contextmanager
def _device_failures() -> Iterator[None]:
    """Tells the failures of a graphics card from the others.

    Raises:
        DeviceLost: in place of what such a failure raises.
    """
    try:
        yield
    except RuntimeError as problem:
        if is_device_failure(problem):
            raise DeviceLost from problem
        raise


def task_of(
    run: Run, pictures: Sequence[Picture], settings: Settings, faces: FaceFinder
) -> tuple[Task, Planes]:
    """The task of a ``run`` message with its pictures, and the planes of the content image."""
    by_role: dict[str, list[tuple[Picture, float]]] = defaultdict(list)
    for offer, picture in zip(run.images, pictures, strict=True):
        by_role[offer.role].append((picture, offer.weight))
    (content,) = (planes_of(picture) for picture, _ in by_role["content"])
    weighted = [(planes_of(it).colour, weight) for it, weight in by_role["style"] if weight > 0]
    found, left_out = faces.faces_for(content.colour, [it for it, _ in weighted], settings)
    task = Task(
        content=content.colour,
        styles=tuple(
            StyleImage(colour, weight, without)
            for (colour, weight), without in zip(weighted, left_out, strict=True)
        ),
        settings=settings,
        mask=next((mask_of(picture) for picture, _ in by_role["mask"]), None),
        faces=found,
        initial=next((planes_of(picture).colour for picture, _ in by_role["initial"]), None),
        arithmetic=run.arithmetic,
    )
    return task, content
