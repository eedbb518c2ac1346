"""How one scale is computed, and what that costs: from fast and large to slow and lean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from neural_style.engine.minimise.lbfgs import LEAN_HISTORY
from neural_style.engine.minimise.steps import AdamSteps, LbfgsSteps
from neural_style.engine.network.tiles.stages import Stage, Tiling
from neural_style.engine.network.vgg import Architecture
from neural_style.engine.picture.resize import Size

MEBIBYTE = 1 << 20

WHOLE_PIXELS = {"cpu": 1 << 20, "cuda": 1 << 24, "mps": 1 << 22}
"""Larger pictures are not computed whole even where memory allows: a stop would wait too long."""

SMALLEST_TILE, LARGEST_TILE = 128, 704
"""Sides of tiles, in pixels of the picture."""


@dataclass(frozen=True)
class Method:
    """One way to compute a scale.

    Attributes:
        device: where.
        tile: side of a tile in pixels of the picture; None computes the picture whole.
        kept: how many of the deepest blocks keep their activations between the ways in and back.
        lean: whether the minimiser keeps its history in half precision.
    """

    device: torch.device
    tile: int | None
    kept: int = 0
    lean: bool = False

    def tiling(self, architecture: Architecture) -> Tiling | None:
        """How the network is cut; None for a method without tiles."""
        if self.tile is None:
            return None
        side = self.tile
        # The first blocks run as one stage, which spares keeping the first, largest pooled maps;
        # those of pictures that repeat line up only block by block. Deeper tiles cover twice as
        # many pixels a side: halos weigh more there, and maps less.
        if architecture.padding == "circular":
            cut = [(1, 1, side // 2), (2, 2, side // 4), (3, 3, side // 4)]
        elif self.lean:
            cut = [(1, 3, side // 8)]
        else:
            cut = [(1, 2, side // 4), (3, 3, side // 4)]
        cut += [(4, 4, side // 8), (5, 5, side // 16)]
        return tuple(
            Stage(first, last, max(4, tile), keep=last > 5 - self.kept) for first, last, tile in cut
        )

    def words(self) -> str:
        """What a person reads when a picture is computed this way from now on."""
        if self.tile is None:
            return "computing the picture whole"
        how = f"computing in tiles of {self.tile} pixels"
        if self.lean:
            how += " with a leaner memory of past steps"
        return f"{how} on the {'processor' if self.device.type == 'cpu' else 'graphics card'}"


def ladder(size: Size, device: torch.device) -> Iterator[Method]:
    """The methods for a picture, from fast and large to slow and lean."""
    if size[0] * size[1] <= WHOLE_PIXELS.get(device.type, 0):
        yield Method(device, None)
    for kept in (3, 2, 1):
        yield Method(device, LARGEST_TILE, kept)
    yield Method(device, LARGEST_TILE, 1, lean=True)
    yield Method(device, 2 * SMALLEST_TILE, 1, lean=True)
    yield Method(device, SMALLEST_TILE, 0, lean=True)
    if device.type != "cpu":
        yield from ladder(size, torch.device("cpu"))


def peak_bytes(
    method: Method,
    size: Size,
    dtype: torch.dtype,
    minimiser: AdamSteps | LbfgsSteps,
    targets: float,
) -> int:
    """Predicted peak of what a scale needs beyond the loaded network.

    The bytes a pixel were measured as slopes of the process's peak between sizes.

    Args:
        targets: values for each pixel that the terms keep of their targets.
    """
    pixels = size[0] * size[1]
    state = pixels * state_bytes_per_pixel(method, minimiser)
    return state + _network_bytes(method, size, dtype.itemsize, targets)


def state_bytes_per_pixel(method: Method, minimiser: AdamSteps | LbfgsSteps) -> int:
    """What the pictures of a scale, their gradients and the minimiser's memory take."""
    picture = 3 * 4  # in float32
    if isinstance(minimiser, AdamSteps):
        return 8 * picture
    if method.lean:
        return 6 * picture + 2 * min(minimiser.history, LEAN_HISTORY) * picture // 2
    return 8 * picture + 2 * minimiser.history * picture


def _network_bytes(method: Method, size: Size, itemsize: int, targets: float) -> int:
    pixels = size[0] * size[1]
    if method.tile is None:
        return round(pixels * (792 + targets) * itemsize) + 100 * MEBIBYTE
    if method.lean:  # its largest stage has smaller tiles, but more blocks in each
        workspace = _largest_tile(size, method.tile // 2, halo=22) * 1010 * itemsize
    else:
        workspace = _largest_tile(size, method.tile, halo=0) * 580 * itemsize
    # Pooled maps and their gradients; targets; what the kept blocks hold.
    per_pixel = (10 if method.lean else 18) + targets + (0, 4, 48, 140)[method.kept]
    return round(pixels * per_pixel * itemsize) + workspace + 30 * MEBIBYTE


def _largest_tile(size: Size, tile: int, halo: int) -> int:
    """Pixels of the largest tile with its halo; tiles share a side evenly."""
    height, width = (side // -(-side // tile) + 2 * halo for side in size)
    return height * width
