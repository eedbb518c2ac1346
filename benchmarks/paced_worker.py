"""A worker that computes nothing, but sends the same messages as the real one at the same times.

The service of gimp_updates.py starts ``python paced_worker.py ENDPOINT HOME SERVICE``. It goes
through the scales. Each evaluation is a sleep; after it, the code of the real worker draws the
canvas, converts it to a picture, and sends it when :class:`Report` decides so. At each scale there
are first a few evaluations with long pauses, and then, if real ones are faster, many at their pace.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from neural_style.engine import Progress
from neural_style.engine.picture.canvas import Canvas
from neural_style.engine.picture.resize import resize
from neural_style.engine.presets import recipe_for
from neural_style.engine.recipe import Recipe
from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.worker_messages import Run
from neural_style.worker.faces import FaceFinder
from neural_style.worker.parent import end_with_parent
from neural_style.worker.process import Send, work
from neural_style.worker.report import Report
from neural_style.worker.runner import task_of
from neural_style.worker.stop import Stop
from neural_style_protocol import daemon_messages
from neural_style_protocol.estimates import AskEstimate, Estimate
from neural_style_protocol.losses import Losses
from neural_style_protocol.paths import Home
from neural_style_protocol.settings import Settings

PACE, PHASES = "pace.json", "phases.jsonl"
APART_SECONDS, APART_COUNT = 8.0, 3
PACED_SECONDS = 20.0
PAUSE_SECONDS = 2.0
SMALL_SIDE = 1000
"""Smaller pictures are the dialog's previews, which finish at once."""


@dataclass(frozen=True)
class Phase:
    """A period of evaluations at one size; times are of the monotonic clock.

    ``evaluation_seconds`` is the time of a real evaluation. ``worker_seconds`` is the CPU time of
    the work after the evaluations.
    """

    paced: bool
    width: int
    height: int
    evaluation_seconds: float
    began: float
    ended: float
    evaluations: int
    worker_seconds: float


class PacedRunner:
    """Replaces the worker's ``Runner``, without a network."""

    device = "paced"
    card = "cpu"

    def __init__(self, home: Home, send: Send) -> None:
        self._send = send
        self._home = home

    def run(self, run: Run, stop: Stop) -> None:
        """Go through the phases, then send the content as the result."""
        self._send(daemon_messages.Started(run.job), ())
        folder = JobFolder(Path(run.folder))
        pictures = [folder.read_image(i, offer.spec) for i, offer in enumerate(run.images)]
        settings = Settings.from_dict(run.settings)
        task, content = task_of(run, pictures, settings, FaceFinder())
        size = (task.content.shape[1], task.content.shape[2])
        if max(size) >= SMALL_SIDE:
            pace = json.loads((self._home.root / PACE).read_text(encoding="utf-8"))
            for scale in map(tuple, pace["sizes"]):
                canvas = Canvas(resize(task.content, scale).clamp(0, 1), None, None)
                iterates = Iterates(canvas, recipe_for(settings, size))
                for paced in (False, True):
                    report = Report(
                        run.job, self._send, folder, NoCheckpoints(), content, "u8", stop
                    )
                    seconds = pace["seconds_per_megapixel"] * scale[0] * scale[1] / 1e6
                    if not paced or seconds < APART_SECONDS:
                        self._go_through(iterates, report, seconds, paced=paced)
        losses = Losses({"content": 1.0, "style": 5.0}, 6.0)
        spec = pictures[0].spec
        result = daemon_messages.Result(run.job, 0, 1, spec, "finished", 1.0, losses)
        self._send(result, [pictures[0].data])

    def _go_through(
        self, iterates: Iterates, report: Report, seconds: float, *, paced: bool
    ) -> None:
        count = max(1, round(PACED_SECONDS / seconds)) if paced else APART_COUNT
        time.sleep(PAUSE_SECONDS)
        began, used = time.monotonic(), time.process_time()
        not_ours = 0.0
        for step in range(1, count + 1):
            before = time.process_time()
            progress, render = iterates.at(step, count)
            not_ours += time.process_time() - before
            if not paced:
                report.next_preview = 0.0
            report.observe(progress, render)
            time.sleep(seconds if paced else APART_SECONDS)
        ours = time.process_time() - used - not_ours
        ended = time.monotonic()
        phase = Phase(paced, *progress.size, seconds, began, ended, count, ours)
        with (self._home.root / PHASES).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(phase)) + "\n")

    def estimate(self, question: AskEstimate) -> Estimate:
        """An arbitrary estimate."""
        size = question.width, question.height
        return Estimate(question.ticket, *size, self.device, 0, 1, 1.0, 10**9, 10**10)

    def measure(self, question: AskEstimate) -> None:
        """Measure nothing."""


class NoCheckpoints:
    """Replaces the checkpoints, which are not part of an update."""

    def consider(self, *_arguments: Any) -> None:
        """Write none."""


@dataclass(frozen=True)
class Iterates:
    """Pictures of one canvas; any two of them differ in every pixel."""

    canvas: Canvas
    recipe: Recipe

    def at(self, step: int, total: int) -> tuple[Progress, Callable[[], Tensor]]:
        """The iterate after ``step`` of ``total`` evaluations."""
        paint = self.canvas.content * (1 - step % 7 / 10)
        progress = Progress(
            step=step,
            total=total,
            fraction=step / total,
            losses=Losses({"content": 1.0, "style": 5.0}, 6.0 / step),
            size=(paint.shape[-1], paint.shape[-2]),
        )
        return progress, lambda: self.canvas.seen(paint, self.recipe.colours)


if __name__ == "__main__":
    end_with_parent(int(sys.argv[3]))
    work(sys.argv[1], Home(Path(sys.argv[2])), PacedRunner)
