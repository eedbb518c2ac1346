"""One job from its pixels to its result, with progress and previews on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from neural_style import weights
from neural_style.engine import Outcome, Progress, StyleImage, Stylizer, Task
from neural_style.worker.messages import Run
from neural_style.worker.pictures import Planes, picture_of, planes_of
from neural_style.worker.stop import Stop
from neural_style_protocol import daemon_messages as said
from neural_style_protocol._message import Losses, Message
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings, setting

Send = Callable[[Message, Sequence[bytes]], None]

PROGRESS_SECONDS = 0.05
PREVIEW_SECONDS = 0.25
PREVIEW_SHARE = 12
"""A preview waits at least this many times as long as the last one took to draw."""


class Runner:
    """Keeps the networks loaded and runs one job at a time."""

    def __init__(self, home: Home, send: Send) -> None:
        self._home = home
        self._send = send
        self._stylizers: dict[str, Stylizer] = {}
        default = self._stylizer(str(setting("weights").default))
        default.warm_up()
        self.device = default.device_name

    def run(self, run: Run, pixels: Sequence[bytes], stop: Stop) -> None:
        """Compute ``run`` and send its result, or that it was discarded.

        Raises:
            NeuralStyleError: the job cannot be done.
        """
        self._send(said.Started(run.job), ())
        pictures = [
            Picture(offer.spec, data) for offer, data in zip(run.images, pixels, strict=True)
        ]
        settings = Settings.from_dict(run.settings)
        task, content = _task(run, pictures, settings)
        report = _Report(run.job, self._send, content, pictures[0].dtype, stop)
        outcome = self._stylizer(settings.weights).stylize(task, report.observe)
        if stop.requested and not stop.keep:
            self._send(said.Discarded(run.job), ())
        else:
            report.finish(outcome)

    def _stylizer(self, name: str) -> Stylizer:
        if name not in self._stylizers:
            path = weights.ensure(self._home.weights, name)
            self._stylizers[name] = Stylizer(path)
        return self._stylizers[name]


def _task(run: Run, pictures: Sequence[Picture], settings: Settings) -> tuple[Task, Planes]:
    by_role = list(zip(run.images, pictures, strict=True))
    content = next(planes_of(picture) for offer, picture in by_role if offer.role == "content")
    styles = tuple(
        StyleImage(planes_of(picture).colour, offer.weight)
        for offer, picture in by_role
        if offer.role == "style" and offer.weight > 0
    )
    return Task(content.colour, styles, settings), content


@dataclass
class _Report:
    """Tells the service how a job goes, no more often than a person can see."""

    job: str
    send: Send
    content: Planes
    dtype: str
    stop: Stop
    began: float = field(default_factory=time.monotonic)
    next_progress: float = 0.0
    next_preview: float = 0.0

    def observe(self, progress: Progress, render: Callable[[], Tensor]) -> bool:
        now = time.monotonic()
        if now >= self.next_progress:
            self.next_progress = now + PROGRESS_SECONDS
            self.send(self._line(progress, now - self.began), ())
        if now >= self.next_preview:
            picture = picture_of(render(), self.content.alpha, "u8")
            self.send(said.Preview(self.job, 0, progress.step, picture.spec), [picture.data])
            cost = time.monotonic() - now
            self.next_preview = now + max(PREVIEW_SECONDS, PREVIEW_SHARE * cost)
        return not self.stop.requested

    def finish(self, outcome: Outcome) -> None:
        picture = picture_of(outcome.image, self.content.alpha, self.dtype)
        result = said.Result(
            self.job,
            0,
            outcome.steps,
            picture.spec,
            ending=outcome.ending,
            elapsed=time.monotonic() - self.began,
            losses=_losses(outcome),
        )
        self.send(result, [picture.data])

    def _line(self, progress: Progress, elapsed: float) -> said.Progress:
        fraction = min(max(progress.fraction, 0.0), 1.0)
        return said.Progress(
            job=self.job,
            step=progress.step,
            total=progress.total,
            fraction=fraction,
            losses=_losses(progress),
            elapsed=elapsed,
            remaining=elapsed * (1 - fraction) / fraction if fraction > 0.01 else None,
            width=progress.size[0],
            height=progress.size[1],
        )


def _losses(source: Progress | Outcome) -> Losses:
    losses = source.losses
    return Losses(losses.content, losses.style, losses.total_variation, losses.total)
