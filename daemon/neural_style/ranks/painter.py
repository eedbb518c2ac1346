"""Paints one picture as one of several ranks: reads, estimates, paints, writes."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from neural_style import weights as weights_store
from neural_style.engine.calibrate import calibrate
from neural_style.engine.checks import check_size
from neural_style.engine.losses import Losses
from neural_style.engine.network.vgg import load_weights
from neural_style.engine.objective.fitted import RunContext
from neural_style.engine.objective.style_cache import StyleCache
from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.devices import compute_exactly
from neural_style.engine.plan.memory import is_out_of_memory
from neural_style.engine.plan.planner import usable
from neural_style.engine.plan.ways import Ways
from neural_style.engine.presets import recipe_for
from neural_style.engine.recipe import Recipe
from neural_style.engine.scale_run import ScaleRun
from neural_style.engine.share import BAND_STEP, Bands, Share, bands_of
from neural_style.engine.task import StyleImage
from neural_style.ranks import result
from neural_style.ranks.checkpoints import Checkpoints
from neural_style.ranks.content import ContentFile, open_content, rows_of, style_pixels
from neural_style.ranks.costs import Cost, cost
from neural_style.ranks.group import Group
from neural_style.ranks.plans import Chosen, chosen_plans, free_here, networks_for
from neural_style.ranks.run import Content, Place, Work, check_recipe, paint, untouched
from neural_style_protocol.errors import InputError, WorkerError
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import Amount, Duration, Phrase
from neural_style_protocol.result_size import fit_within
from neural_style_protocol.settings import Settings

Say = Callable[[Phrase], None]

SECONDS_BETWEEN_WORDS = 5.0
CHUNK_BYTES = 1 << 22


@dataclass(frozen=True)
class Order:
    """What is to be painted.

    Attributes:
        styles: files with their shares, which sum to one.
        size: the longest side, in pixels; 0 for the content's own size.
        checkpoint_seconds: between two checkpoints.
    """

    content: Path
    styles: tuple[tuple[Path, float], ...]
    output: Path
    settings: Settings
    size: int
    checkpoint_seconds: float


@dataclass(frozen=True)
class Estimate:
    """The largest cost of a rank, and the least that is free in one."""

    cost: Cost
    free_bytes: int


class Painter:
    """One rank at work. All ranks call the same methods in the same order.

    Args:
        say: shows a sentence to the user; called in the first rank only.

    Raises:
        NeuralStyleError: in all ranks, if one of them cannot do its part.
    """

    def __init__(self, order: Order, group: Group, say: Say) -> None:
        compute_exactly()
        self._order, self._group = order, group
        self._say: Say = say if group.speaks else lambda phrase: None
        self._file: ContentFile = group.together("content", partial(open_content, order.content))
        self._work = self._read()
        recipe, folder = self._work.recipe, Home.find().weights
        path = group.together(
            "weights", partial(weights_store.verify, folder, order.settings.weights)
        )
        self._networks, self._arithmetic = networks_for(load_weights(path), recipe, group)
        self._vgg = self._networks.on(group.device, recipe.precision)
        key = group.told_by_first("key", self._key)
        self._checkpoints = Checkpoints(
            order.output.with_name(f"{order.output.name}.ranks"),
            key,
            order.checkpoint_seconds,
            group.share,
        )
        self._resumed = group.together("checkpoint", partial(self._checkpoints.newest, self._work))
        stored = self._resumed and (self._resumed[0].scale, self._resumed[1])
        self._plans: dict[Size, Chosen] = chosen_plans(self._work, self._vgg, group, stored)
        self._spoke = 0.0

    @property
    def size(self) -> Size:
        """(height, width) of the result."""
        return self._work.recipe.size

    def estimate(self) -> Estimate:
        """Measure this rank's speed, and predict the cost."""
        calibration = calibrate(self._vgg, self._work.recipe)
        plans = [self._plans[scale.size].plan for scale in self._work.recipe.scales]
        return _largest(
            cost(self._work, self._vgg, plans, calibration),
            free_here(self._group),
            self._group.share,
        )

    def tell(self, estimate: Estimate) -> None:
        """Say what the picture will cost."""
        share, (height, width) = self._group.share, self.size
        finest = self._work.recipe.scales[-1]
        self._say(
            Phrase(
                "{count} ranks paint {width} × {height} pixels, at most {rows} rows each. A rank "
                "needs about {memory}; {free} are free, and {usable} of them can be used. It sends "
                "{sent} in an evaluation at the full size, and {all} for the picture. Computing "
                "takes about {time}, and sending comes on top.",
                {
                    "count": share.count,
                    "width": width,
                    "height": height,
                    "rows": max(len(span) for span in self._work.bands_at(finest).spans),
                    "memory": Amount(estimate.cost.memory),
                    "free": Amount(estimate.free_bytes),
                    "usable": Amount(usable(estimate.free_bytes)),
                    "sent": Amount(estimate.cost.traffic.bytes),
                    "all": Amount(estimate.cost.sent),
                    "time": Duration(estimate.cost.seconds),
                },
            )
        )

    def paint(self) -> int:
        """Paint the picture and save it; returns the evaluations of this run."""
        bands = self._work.bands_at(self._work.recipe.scales[-1])
        steps = 0
        if self._work.recipe.untouched:
            rows = untouched(self._work)
        else:
            rows, steps = self._painted()
        bits, share = self._file.bits, self._group.share
        result.write(self._order.output, rows, bands, bits, share, self._checkpoints.picture)
        self._group.together("saved", lambda: None)
        self._checkpoints.remove()
        return steps

    def _painted(self) -> tuple[Tensor, int]:
        """This rank's rows of the picture to show, and the evaluations."""
        steps = 0

        def watch(place: Place, losses: Losses, at_scale: ScaleRun, bands: Bands) -> None:
            nonlocal steps
            steps += 1
            chosen = self._plans[self._work.recipe.scales[place.scale].size]
            self._tell_progress(place, losses)
            written = self._checkpoints.write_if_due(place, at_scale, bands, chosen.place)
            if written is False:
                self._say(Phrase("A checkpoint could not be written. The picture goes on."))

        resumed = self._resumed[0] if self._resumed else None
        if resumed is not None:
            self._say(Phrase("Going on after evaluation {step}.", {"step": resumed.step}))
        try:
            painting = paint(self._work, self._context, watch, resumed)
            return painting.seen(self._work.recipe.colours), steps
        except (MemoryError, RuntimeError) as problem:
            if not is_out_of_memory(problem):
                raise
            raise WorkerError(
                "Rank {rank} ran out of memory in its band.",
                next_step="Start more ranks on other hosts or cards, or close other programs. The "
                "picture goes on from the last checkpoint.",
                rank=self._group.share.rank,
            ) from problem

    def _tell_progress(self, place: Place, losses: Losses) -> None:
        now = time.monotonic()
        if now < self._spoke + SECONDS_BETWEEN_WORDS and place.evaluation > 1:
            return
        self._spoke = now
        scales = self._work.recipe.scales
        scale = scales[place.scale]
        self._say(
            Phrase(
                "{width} × {height} pixels (size {number} of {sizes}): evaluation {evaluation} of "
                "at most {most}, loss {loss}.",
                {
                    "width": scale.size[1],
                    "height": scale.size[0],
                    "number": place.scale + 1,
                    "sizes": len(scales),
                    "evaluation": place.evaluation,
                    "most": scale.evaluations,
                    "loss": f"{losses.total:.4g}",
                },
            )
        )

    def _context(self, share: Share) -> RunContext:
        return RunContext(
            plans=lambda size: [self._plans[size].plan],
            network=lambda plan: self._vgg,
            exact_network=lambda plan: self._networks.on(self._group.device, "single"),
            notice=self._say,
            style_cache=StyleCache(),
            check=lambda: None,
            ways=Ways({}, self._arithmetic),
            share=share,
        )

    def _read(self) -> Work:
        """This rank's rows of the content image, and the styles."""
        group, file = self._group, self._file
        height, width = file.height, file.width
        size = group.told_by_first("size", lambda: f"{width} × {height}")
        group.together("the same size", partial(self._check_size, size))
        bands = bands_of(group.share, height)
        pixels = group.together("rows", partial(rows_of, file, bands.own.start, bands.own.stop))
        recipe = self._recipe((height, width))
        styles = group.together("styles", partial(self._styles, recipe))
        return Work(Content(pixels, bands), styles, recipe)

    def _check_size(self, size: str) -> None:
        file, count = self._file, self._group.share.count
        if f"{file.width} × {file.height}" != size:
            raise InputError(
                "{path} is not the same picture on every host.",
                next_step="Put it into a folder that all hosts see.",
                path=self._order.content,
            )
        if file.height < BAND_STEP * count:
            raise InputError(
                "A picture of {height} rows cannot be divided among {count} ranks.",
                next_step="Start at most {most} ranks.",
                height=file.height,
                count=count,
                most=max(1, file.height // BAND_STEP),
            )

    def _recipe(self, content: Size) -> Recipe:
        height, width = content
        if self._order.size:
            width, height = fit_within((width, height), self._order.size)
        check_size((height, width))
        recipe = recipe_for(self._order.settings, content, (height, width))
        check_recipe(recipe, content)
        return recipe

    def _styles(self, recipe: Recipe) -> tuple[tuple[StyleImage, float], ...]:
        painted = recipe.size[0] * recipe.size[1]
        return tuple(
            (StyleImage(style_pixels(path, painted)), share) for path, share in self._order.styles
        )

    def _key(self) -> str:
        """Of all that decides the picture, so that no checkpoint of another one is used."""
        order = self._order
        digest = hashlib.blake2b(digest_size=16)
        shares = [share for _, share in order.styles]
        what = [asdict(order.settings), order.size, shares, self._arithmetic]
        digest.update(json.dumps(what, sort_keys=True).encode())
        for path in (order.content, *(path for path, _ in order.styles)):
            for chunk in _chunks(path):
                digest.update(chunk)
        return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _largest(own: Cost, free: int, share: Share) -> Estimate:
    numbers = [own.memory, own.traffic.rows, own.traffic.sums, own.seconds, own.sent, -free]
    found = share.largest(torch.tensor([float(number) for number in numbers], dtype=torch.float64))
    memory, rows, sums, seconds, sent, free_negative = found.tolist()
    traffic = type(own.traffic)(int(rows), int(sums))
    return Estimate(Cost(int(memory), traffic, seconds, int(sent)), int(-free_negative))
