"""Ways to compute one scale, and the memory that each needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from neural_style.engine.minimise.lbfgs import LOW_MEMORY_HISTORY
from neural_style.engine.minimise.steps import AdamSteps, LbfgsSteps
from neural_style.engine.network.tiles.stages import Stage, Tiling
from neural_style.engine.network.vgg import Architecture
from neural_style.engine.picture.resize import Size
from neural_style_protocol.phrases import Phrase

MEBIBYTE = 1 << 20

WHOLE_PIXELS = {"cpu": 1 << 20, "cuda": (1 << 25) - 1, "mps": 1 << 22}
"""The largest picture computed whole, by device. Larger ones would make a stop wait too long. On
CUDA, the maps of a larger one would have more values than 32 bits can count."""

SMALLEST_TILE, LARGEST_TILE = 128, 704
"""Sides of tiles, in picture pixels."""
LARGER_TILES = (2816, 1408)
"""On CUDA, where larger tiles are quicker and a stop is soon heard all the same."""


@dataclass(frozen=True)
class ExecutionPlan:
    """One way to compute a scale.

    Attributes:
        device: where to compute.
        tile: side of a tile in picture pixels; None computes the picture whole.
        kept: how many of the deepest blocks keep their activations for the backward pass.
        low_memory: whether the minimiser keeps a short history in half precision, and the terms
            their targets.
    """

    device: torch.device
    tile: int | None
    kept: int = 0
    low_memory: bool = False

    def tiling(self, architecture: Architecture) -> Tiling | None:
        """How the network is divided into stages and tiles; None for a plan without tiles."""
        if self.tile is None:
            return None
        side = self.tile
        # Running the first blocks as one stage avoids storing the first, largest pooled maps.
        # With circular padding, tiles line up only if each block is its own stage. Deeper tiles
        # cover twice as many pixels per side: there, halos cost more and maps cost less.
        if architecture.padding == "circular":
            cut = [(1, 1, side // 2), (2, 2, side // 4), (3, 3, side // 4)]
        elif self.low_memory:
            cut = [(1, 3, side // 8)]
        else:
            cut = [(1, 2, side // 4), (3, 3, side // 4)]
        cut += [(4, 4, side // 8), (5, 5, side // 16)]
        return tuple(
            Stage(first, last, max(4, tile), keep=last > 5 - self.kept) for first, last, tile in cut
        )

    def keeps_compactly(self, precision: str) -> bool:
        """Whether the terms' targets are rounded to half precision: less than the history is."""
        return self.low_memory and precision != "single"

    def as_phrase(self) -> Phrase:
        """The plan as part of a sentence for the user."""
        cpu = self.device.type == "cpu"
        where = Phrase("on the processor") if cpu else Phrase("on the graphics card")
        if self.tile is None:
            return Phrase("computing the picture whole {where}", {"where": where})
        return Phrase(
            "computing in tiles of {tile} pixels with a leaner memory of past steps {where}"
            if self.low_memory
            else "computing in tiles of {tile} pixels {where}",
            {"tile": self.tile, "where": where},
        )


def candidate_plans(size: Size, device: torch.device) -> Iterator[ExecutionPlan]:
    """The plans for a picture, from the fastest to the one that needs the least memory."""
    if size[0] * size[1] <= WHOLE_PIXELS.get(device.type, 0):
        yield ExecutionPlan(device, None)
    for tile in LARGER_TILES if device.type == "cuda" else ():
        yield ExecutionPlan(device, tile, 3)
    for kept in (3, 2, 1):
        yield ExecutionPlan(device, LARGEST_TILE, kept)
    yield ExecutionPlan(device, LARGEST_TILE, 1, low_memory=True)
    yield ExecutionPlan(device, 2 * SMALLEST_TILE, 1, low_memory=True)
    yield ExecutionPlan(device, SMALLEST_TILE, 0, low_memory=True)
    if device.type != "cpu":
        yield from candidate_plans(size, torch.device("cpu"))


def peak_bytes(
    plan: ExecutionPlan,
    size: Size,
    dtype: torch.dtype,
    minimiser: AdamSteps | LbfgsSteps,
    targets: float,
    precision: str = "fastest",
    looked_up: float = 0.0,
) -> int:
    """Predicted peak in bytes for one scale, without the loaded network.

    Bytes per pixel were measured as the growth of the process's peak between sizes.

    Args:
        targets: values per pixel in the terms' targets.
        precision: the recipe's.
        looked_up: how many of these are looked up in the styles' maps instead, where there are
            tiles.
    """
    pixels = size[0] * size[1]
    if plan.tile is not None:
        targets -= looked_up
    state = pixels * state_bytes_per_pixel(plan, minimiser)
    compactly = plan.keeps_compactly(precision)
    kept = pixels * targets * (min(2, dtype.itemsize) if compactly else dtype.itemsize)
    return state + round(kept) + _network_bytes(plan, size, dtype.itemsize)


def state_bytes_per_pixel(plan: ExecutionPlan, minimiser: AdamSteps | LbfgsSteps) -> int:
    """Bytes per pixel for a scale's pictures, their gradients and the minimiser's history."""
    picture = 3 * 4  # in float32
    if isinstance(minimiser, AdamSteps):
        return 8 * picture
    if plan.low_memory:
        return 6 * picture + 2 * min(minimiser.history, LOW_MEMORY_HISTORY) * picture // 2
    return 8 * picture + 2 * minimiser.history * picture


def _network_bytes(plan: ExecutionPlan, size: Size, itemsize: int) -> int:
    """Those of the network's maps, without the terms' targets."""
    pixels = size[0] * size[1]
    if plan.tile is None:
        return round(pixels * 792 * itemsize) + 100 * MEBIBYTE
    if plan.low_memory:  # the largest stage has smaller tiles but more blocks
        workspace = _largest_tile(size, plan.tile // 2, halo=22) * 1010 * itemsize
    else:
        workspace = _largest_tile(size, plan.tile, halo=0) * 580 * itemsize
    # Pooled maps and their gradients, and kept activations.
    per_pixel = (10 if plan.low_memory else 18) + (0, 4, 48, 140)[plan.kept]
    return round(pixels * per_pixel * itemsize) + workspace + 30 * MEBIBYTE


def _largest_tile(size: Size, tile: int, halo: int) -> int:
    """Pixels of the largest tile with its halo; a side is divided evenly into tiles."""
    height, width = (side // -(-side // tile) + 2 * halo for side in size)
    return height * width
