"""VGG-19 in tiles: the exact features and image gradient of a picture of any size.

The network's blocks are grouped into stages. Only each stage's input is kept for the whole
picture; inside a stage, one tile at a time is computed from its own positions and a halo, and
computed again on the way back. Nothing is approximated: tiles own disjoint positions, halos hold
all that these depend on, and gradients that reach a halo are added to the neighbour's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.tiles.geometry import Path, Span, split, trace
from neural_style.engine.network.tiles.stages import BLOCKS, Stage
from neural_style.engine.network.vgg import LAST_OF_BLOCKS, Architecture, Vgg, pool

Window: TypeAlias = tuple[EllipsisType, slice, slice]
"""Index of some rows and columns of a map."""

Visit: TypeAlias = Callable[[str, Tensor, Window], None]
"""Told a layer's name, its features (1, c, h, w) in a window, and that window; windows of one
layer cover its map once."""

TapGradient: TypeAlias = Callable[[str, Tensor, Window], Tensor]
"""The gradient of the loss at those features, of the same shape."""


@dataclass(frozen=True)
class _Tile:
    rows: Path
    columns: Path

    @property
    def source(self) -> tuple[Span, Span]:
        return self.rows.source, self.columns.source

    @property
    def pooled(self) -> Window:
        return ..., self.rows.pooled.slice, self.columns.pooled.slice


@dataclass(frozen=True)
class _Computed:
    """A tile that has been computed: its leaf, its tapped layers, its pooled output."""

    tile: _Tile
    leaf: Tensor
    taps: dict[str, tuple[Tensor, Window]]
    pooled: Tensor | None


@dataclass
class ForwardPass:
    """What the way back needs; it is used up on that way.

    Attributes:
        inputs: each stage's whole input, the image first.
        kept: the computed tiles of those stages that keep them.
    """

    inputs: list[Tensor]
    kept: list[list[_Computed]] = field(default_factory=list)


class TiledVgg:
    """The same function as :meth:`Vgg.features`, and its gradient, in bounded memory.

    Args:
        layers: those that are visited; see :data:`neural_style.engine.network.vgg.LAYERS`.
        stages: how blocks are grouped and cut, from the image to the deepest layer. With circular
            padding a stage may hold one block only.
        check: called before every tile; an exception that it raises ends the computation.
    """

    def __init__(
        self,
        vgg: Vgg,
        architecture: Architecture,
        layers: Iterable[str],
        stages: Sequence[Stage],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._vgg = vgg
        self._architecture = architecture
        self.layers = frozenset(layers)
        self._check = check
        deepest = max(layer.replace("relu", "conv") for layer in self.layers)
        self._stages = [stage for stage in stages if BLOCKS[stage.first][0] <= deepest]
        self._names = [
            [[name for name in BLOCKS[block] if name <= deepest] for block in stage.blocks]
            for stage in self._stages
        ]
        self._names = [[block for block in blocks if block] for blocks in self._names]

    def empty_maps(self, names: Iterable[str], image: torch.Size) -> dict[str, Tensor]:
        """Uninitialised maps of layers of an image of that shape."""
        height, width = image[-2:]
        maps: dict[str, Tensor] = {}
        for name in names:
            poolings = int(name[4]) - 1
            channels = len(self._vgg.filters(name.replace("relu", "conv"))[1])
            maps[name] = self._empty(channels, height >> poolings, width >> poolings)
        return maps

    def forward(self, image: Tensor, visit: Visit, *, for_gradient: bool = True) -> ForwardPass:
        """Visit the layers of ``image``: (1, 3, h, w), any floating type."""
        inputs = [image]
        kept: list[list[_Computed]] = []
        for index, stage in enumerate(self._stages):
            last = index == len(self._stages) - 1
            source = inputs[-1]
            keep = stage.keep and for_gradient
            pooled = None if last else self._empty_output(index, source)
            kept.append([])
            for tile in self._tiles(index, source):
                self._check()
                with torch.set_grad_enabled(keep):
                    computed = self._compute(index, source, tile)
                with torch.no_grad():
                    for name, (features, window) in computed.taps.items():
                        visit(name, features.detach(), window)
                    if pooled is not None and computed.pooled is not None:
                        pooled[tile.pooled] = computed.pooled
                if keep:
                    kept[-1].append(computed)
            if pooled is not None:
                if not for_gradient:
                    inputs.pop()
                inputs.append(pooled)
        return ForwardPass(inputs, kept)

    def backward(self, done: ForwardPass, tap_gradient: TapGradient) -> Tensor:
        """The gradient at the image, (1, 3, h, w) in the image's type, of a loss whose gradients
        at the layers are known."""
        gradient: Tensor | None = None
        for index in reversed(range(len(self._stages))):
            source = done.inputs.pop()
            below = torch.zeros_like(source)
            kept = done.kept.pop()[::-1]
            for tile in self._tiles(index, source):
                self._check()
                with torch.enable_grad():
                    computed = kept.pop() if kept else self._compute(index, source, tile)
                self._add(below, tile, self._pull_back(computed, gradient, tap_gradient))
            gradient = below
        assert gradient is not None  # there is at least one stage
        return gradient

    def _pull_back(
        self, computed: _Computed, gradient: Tensor | None, tap_gradient: TapGradient
    ) -> Tensor:
        outputs, gradients = [], []
        for name, (features, window) in computed.taps.items():
            outputs.append(features)
            gradients.append(tap_gradient(name, features.detach(), window))
        if gradient is not None and computed.pooled is not None:
            outputs.append(computed.pooled)
            gradients.append(gradient[computed.tile.pooled])
        (pulled,) = torch.autograd.grad(outputs, computed.leaf, gradients)
        return pulled

    def _compute(self, index: int, source: Tensor, tile: _Tile) -> _Computed:
        """One stage on one tile, with the graph if gradients are enabled."""
        leaf = self._read(source, tile)
        if torch.is_grad_enabled():
            leaf.requires_grad_(True)
        taps: dict[str, tuple[Tensor, Window]] = {}
        architecture, blocks = self._architecture, self._names[index]
        last = index == len(self._stages) - 1
        x, unpooled = leaf, False
        for block, names in enumerate(blocks):
            if unpooled:
                x = pool(x, architecture.pooling)
            unpooled = True
            pools = not last or block < len(blocks) - 1
            steps = zip(tile.rows.blocks[block], tile.columns.blocks[block], strict=True)
            for name, (row, column) in zip(names, steps, strict=True):
                margins = column.before, column.after, row.before, row.after
                crop = (..., row.own.within(row.out), column.own.within(column.out))
                window = (..., row.own.slice, column.own.slice)
                rectified = name.replace("conv", "relu")
                if pools and name in LAST_OF_BLOCKS and not {name, rectified} & self.layers:
                    x, unpooled = self._vgg.pooled(x, name, architecture, margins), False
                elif name in self.layers:
                    x = self._vgg.convolved(x, name, architecture.padding, margins)
                    x, part = _tapped(x, crop)
                    taps[name] = (part, window)
                    x = F.relu(x)
                else:
                    x = self._vgg.rectified(x, name, architecture.padding, margins)
                if rectified in self.layers:
                    x, part = _tapped(x, crop)
                    taps[rectified] = (part, window)
        if unpooled and not last:
            x = pool(x, architecture.pooling)
        return _Computed(tile, leaf, taps, None if last else x)

    def _read(self, source: Tensor, tile: _Tile) -> Tensor:
        rows, columns = tile.source
        height, width = source.shape[-2:]
        if _inside(rows, height) and _inside(columns, width):
            part = source[..., rows.slice, columns.slice]
        else:
            part = source[..., _wrapped(rows, source), :][..., _wrapped(columns, source, 1)]
        return part.detach().to(
            self._vgg.device, self._vgg.dtype, memory_format=torch.channels_last, copy=True
        )

    def _add(self, total: Tensor, tile: _Tile, part: Tensor) -> None:
        rows, columns = tile.source
        height, width = total.shape[-2:]
        if _inside(rows, height) and _inside(columns, width):
            total[..., rows.slice, columns.slice] += part
            return
        where = (_wrapped(rows, total)[:, None], _wrapped(columns, total, 1)[None, :])
        for channel, values in zip(total[0], part[0], strict=True):
            channel.index_put_(where, values.to(total.dtype), accumulate=True)

    def _tiles(self, index: int, source: Tensor) -> list[_Tile]:
        stage = self._stages[index]
        rows, columns = (self._paths(index, stage, side) for side in source.shape[-2:])
        return [_Tile(row, column) for row in rows for column in columns]

    def _paths(self, index: int, stage: Stage, length: int) -> list[Path]:
        counts = [len(names) for names in self._names[index]]
        lengths = [length >> block for block in range(len(counts))]
        clipped = self._architecture.padding != "circular"
        return [trace(own, lengths, counts, clipped) for own in split(lengths[-1], stage.tile)]

    def _empty_output(self, index: int, source: Tensor) -> Tensor:
        channels = len(self._vgg.filters(self._names[index][-1][-1])[1])
        poolings = len(self._names[index])
        height, width = (side >> poolings for side in source.shape[-2:])
        return self._empty(channels, height, width)

    def _empty(self, channels: int, height: int, width: int) -> Tensor:
        return torch.empty(
            (1, channels, height, width),
            dtype=self._vgg.dtype,
            device=self._vgg.device,
            memory_format=torch.channels_last,
        )


def _tapped(x: Tensor, crop: Window) -> tuple[Tensor, Tensor]:
    """The map for what follows it in the network, and the part of it that is read."""
    if not x.requires_grad:
        return x, x[crop]
    passed, part = _Tapped.apply(x, crop)
    return passed, part


class _Tapped(torch.autograd.Function):
    """The gradient of the part is added to that of the whole in place, which is for nobody else."""

    @staticmethod
    def forward(context: Any, x: Tensor, crop: Window) -> tuple[Tensor, Tensor]:
        context.set_materialize_grads(False)
        context.like, context.crop = x.detach(), crop
        return x.detach(), x.detach()[crop]

    @staticmethod
    def backward(context: Any, passed: Tensor | None, part: Tensor) -> tuple[Tensor, None]:
        # Nothing follows the deepest layer.
        whole = torch.zeros_like(context.like) if passed is None else passed
        whole[context.crop] += part
        return whole, None


def _inside(span: Span, length: int) -> bool:
    return span.start >= 0 and span.stop <= length


def _wrapped(span: Span, like: Tensor, dimension: int = 0) -> Tensor:
    length = like.shape[dimension - 2]
    return torch.arange(span.start, span.stop, device=like.device) % length
