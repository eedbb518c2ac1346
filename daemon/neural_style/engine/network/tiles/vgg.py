"""VGG-19 in tiles: the exact features and image gradient of a picture of any size.

The network's blocks are grouped into stages. Only the stages' inputs are kept for the whole
picture. Inside a stage, one tile at a time is computed from its own positions and a halo, and
recomputed in the backward pass. Nothing is approximated: tiles own disjoint positions, halos hold
everything that these depend on, and gradients in a halo are added to the neighbour's.

Where several processes share the picture, each has the tiles of its band. Before a stage it fetches
the rows of the stage's input that the outer halos need, and in the backward pass it gives the
gradient there back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from neural_style.engine.network.layers import BLOCKS, LAST_OF_BLOCKS, LAYERS, rectified
from neural_style.engine.network.passes import (
    PendingGradient,
    TapGradient,
    Visit,
    Window,
    attach_tap,
)
from neural_style.engine.network.tiles.geometry import Path, split, trace
from neural_style.engine.network.tiles.stages import Stage
from neural_style.engine.network.vgg import Architecture, Vgg, pool
from neural_style.engine.share import Bands, Span, Spans, whole


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


COLOURS = 3


@dataclass(frozen=True)
class Exchange:
    """The rows of a stage's input that processes give each other.

    Attributes:
        owned, needed: see :meth:`~neural_style.engine.share.Share.complete`.
        channels: of the input.
        poolings: how often its width has been halved.
    """

    owned: Spans
    needed: Spans
    channels: int
    poolings: int


@dataclass(frozen=True)
class _Part:
    """What this process computes of one stage.

    Attributes:
        owned: the rows of the stage's input that each process has.
        needed: those that its tiles read.
        rows: the rows' paths of this process's tiles, from its own first row on.
        pooled: how many rows of the pooled map it makes.
    """

    owned: Spans
    needed: Spans
    rows: tuple[Path, ...]
    pooled: int


@dataclass(frozen=True)
class _Computed:
    """A computed tile.

    Attributes:
        leaf: the part of the stage's input that it read, including the halo.
        roots: roots of the backward pass, one for each tapped layer.
        pooled: the input of the next stage, if there is one.
    """

    tile: _Tile
    leaf: Tensor
    roots: list[Tensor]
    pooled: Tensor | None


@dataclass
class TiledPass:
    """What the backward pass needs; it is consumed there.

    Attributes:
        bands: of the image's rows.
        inputs: each stage's input with the rows that its halos need, the image first.
        kept: for each stage, its computed tiles if it keeps them.
        pending: gives the taps of kept tiles the loss's gradient.
    """

    bands: Bands
    inputs: list[Tensor]
    kept: list[list[_Computed]]
    pending: PendingGradient


class TiledVgg:
    """Implements :class:`~neural_style.engine.network.passes.Passes` in bounded memory.

    Args:
        layers: the layers to visit, from :data:`~neural_style.engine.network.layers.LAYERS`.
        stages: how blocks are grouped and divided, from the image to the deepest layer. With
            circular padding a stage may have one block only.
        check: called before every tile; an exception that it raises ends the computation.
        bands: the rows of the pictures that this process has; None if it has whole pictures, of any
            height. With circular padding it must have.
    """

    def __init__(
        self,
        vgg: Vgg,
        architecture: Architecture,
        layers: Iterable[str],
        stages: Sequence[Stage],
        check: Callable[[], None] = lambda: None,
        bands: Bands | None = None,
    ) -> None:
        if bands and not bands.are_one and architecture.padding == "circular":
            raise ValueError("a picture that repeats cannot be divided among processes")
        self._vgg = vgg
        self._bands = bands
        self._architecture = architecture
        self.layers = frozenset(layers)
        self._check = check
        deepest = max(LAYERS[layer].depth for layer in self.layers)
        blocks = {
            block: [name for name in names if LAYERS[name].depth <= deepest]
            for block, names in BLOCKS.items()
        }
        self._stages = [stage for stage in stages if blocks[stage.first]]
        self._names = [[blocks[block] for block in stage.blocks] for stage in self._stages]
        self._names = [[block for block in blocks if block] for blocks in self._names]

    def exchanges(self, bands: Bands) -> list[Exchange]:
        """What the processes tell each other of each stage's input in a forward pass.

        As much goes back in the backward pass.
        """
        found = []
        for index, stage in enumerate(self._stages):
            part = self._part(index, bands)
            above = self._names[index - 1][-1][-1] if index else None
            channels = len(self._vgg.filters(above)[1]) if above else COLOURS
            found.append(Exchange(part.owned, part.needed, channels, stage.first - 1))
        return found

    def forward(self, image: Tensor, visit: Visit, *, for_gradient: bool = True) -> TiledPass:
        """See :class:`~neural_style.engine.network.passes.Passes`."""
        bands = self._bands or whole(image.shape[-2])
        inputs: list[Tensor] = []
        below = image
        kept: list[list[_Computed]] = []
        pending = PendingGradient()
        for index, stage in enumerate(self._stages):
            last = index == len(self._stages) - 1
            part = self._part(index, bands)
            source = bands.share.complete(below, part.owned, part.needed)
            keep = stage.keep and for_gradient
            pooled = None if last else self._empty_output(index, part, source)
            kept.append([])
            for tile in self._tiles(index, part, source):
                self._check()
                with torch.set_grad_enabled(keep):
                    computed = self._compute(index, source, tile, pending, visit)
                with torch.no_grad():
                    if pooled is not None and computed.pooled is not None:
                        pooled[tile.pooled] = computed.pooled
                if keep:
                    kept[-1].append(computed)
            if for_gradient:
                inputs.append(source)
            if pooled is not None:
                below = pooled
        return TiledPass(bands, inputs, kept, pending)

    def backward(self, recorded: TiledPass, tap_gradient: TapGradient) -> Tensor:
        """See :class:`~neural_style.engine.network.passes.Passes`."""
        recorded.pending.gradient = tap_gradient
        bands = recorded.bands
        gradient: Tensor | None = None
        for index in reversed(range(len(self._stages))):
            source = recorded.inputs.pop()
            below = torch.zeros_like(source)
            kept = recorded.kept.pop()[::-1]
            part = self._part(index, bands)
            for tile in self._tiles(index, part, source):
                self._check()
                with torch.enable_grad():
                    computed = (
                        kept.pop() if kept else self._compute(index, source, tile, recorded.pending)
                    )
                self._add(below, tile, _leaf_gradient(computed, gradient))
            gradient = bands.share.give_back(below, part.needed, part.owned)
        assert gradient is not None  # there is at least one stage
        return gradient

    def _compute(
        self,
        index: int,
        source: Tensor,
        tile: _Tile,
        pending: PendingGradient,
        visit: Visit = lambda layer, features, window: None,
    ) -> _Computed:
        """Compute one stage on one tile, with a graph if gradients are enabled."""
        leaf = self._read(source, tile)
        if torch.is_grad_enabled():
            leaf.requires_grad_(True)
        roots: list[Tensor] = []

        def tap(layer: str, x: Tensor, crop: Window, window: Window) -> Tensor:
            visit(layer, x.detach()[crop], window)
            if not x.requires_grad:
                return x
            output, root = attach_tap(x, layer, pending, crop, window)
            roots.append(root)
            return output

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
                after = rectified(name)
                if pools and name in LAST_OF_BLOCKS and not {name, after} & self.layers:
                    x, unpooled = self._vgg.pooled(x, name, architecture, margins), False
                elif name in self.layers:
                    x = self._vgg.convolved(x, name, architecture.padding, margins)
                    x = F.relu(tap(name, x, crop, window))
                else:
                    x = self._vgg.rectified(x, name, architecture.padding, margins)
                if after in self.layers:
                    x = tap(after, x, crop, window)
        if unpooled and not last:
            x = pool(x, architecture.pooling)
        return _Computed(tile, leaf, roots, None if last else x)

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
        for row, own_row in _runs(rows, height):
            for column, own_column in _runs(columns, width):
                total[..., row, column] += part[..., own_row, own_column]

    def _part(self, index: int, bands: Bands) -> _Part:
        """What this process computes of a stage."""
        poolings = self._stages[index].first - 1
        counts = [len(names) for names in self._names[index]]
        inputs = bands.halved(poolings)
        blocks = [inputs.halved(block) for block in range(len(counts))]
        clipped = self._architecture.padding != "circular"
        paths = [
            self._paths(index, [each.height for each in blocks], span) for span in blocks[-1].spans
        ]
        needed = inputs.spans
        if clipped:
            needed = tuple(_union([path.source for path in rows]) for rows in paths)
        own = paths[bands.share.rank]
        pooled = inputs.halved(len(counts)).own
        starts = [each.own.start for each in blocks]
        first = needed[bands.share.rank].start
        rows = tuple(path.seen_from(first, starts, pooled.start) for path in own)
        return _Part(inputs.spans, needed, rows, len(pooled))

    def _tiles(self, index: int, part: _Part, source: Tensor) -> list[_Tile]:
        width = source.shape[-1]
        lengths = [width >> block for block in range(len(self._names[index]))]
        columns = self._paths(index, lengths, Span(0, lengths[-1]))
        return [_Tile(row, column) for row in part.rows for column in columns]

    def _paths(self, index: int, lengths: Sequence[int], own: Span) -> list[Path]:
        """The tiles of ``own`` positions of the last block's maps, along one dimension."""
        counts = [len(names) for names in self._names[index]]
        clipped = self._architecture.padding != "circular"
        tiles = split(len(own), self._stages[index].tile, own.start)
        return [trace(tile, lengths, counts, clipped) for tile in tiles]

    def _empty_output(self, index: int, part: _Part, source: Tensor) -> Tensor:
        channels = len(self._vgg.filters(self._names[index][-1][-1])[1])
        width = source.shape[-1] >> len(self._names[index])
        return self._vgg.empty_map(channels, (part.pooled, width))


def _union(spans: Sequence[Span]) -> Span:
    return Span(min(span.start for span in spans), max(span.stop for span in spans))


def _leaf_gradient(computed: _Computed, gradient: Tensor | None) -> Tensor:
    """The gradient at a tile's leaf, from its taps and from the next stage's ``gradient``."""
    outputs = list(computed.roots)
    gradients = [torch.ones_like(root) for root in outputs]
    if gradient is not None and computed.pooled is not None:
        outputs.append(computed.pooled)
        gradients.append(gradient[computed.tile.pooled])
    (pulled,) = torch.autograd.grad(outputs, computed.leaf, gradients)
    return pulled


def _inside(span: Span, length: int) -> bool:
    return span.start >= 0 and span.stop <= length


def _runs(span: Span, length: int) -> Iterator[tuple[slice, slice]]:
    """A span that goes round the edges of a map, in runs: where in the map, and where in the span.

    Args:
        length: of the map.
    """
    start = span.start
    while start < span.stop:
        stop = min(span.stop, start - start % length + length)
        run = Span(start, stop)
        yield slice(start % length, start % length + len(run)), run.within(span)
        start = stop


def _wrapped(span: Span, like: Tensor, dimension: int = 0) -> Tensor:
    length = like.shape[dimension - 2]
    return torch.arange(span.start, span.stop, device=like.device) % length
