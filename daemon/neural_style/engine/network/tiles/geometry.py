"""Which positions of which maps a tile needs, along one dimension.

A tile owns a span of a stage's last maps. Going back through the stage's convolutions and poolings
widens it by a halo, until the span of the stage's input that determines it exactly is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Positions ``start`` to ``stop`` - 1 of a map along one dimension."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def within(self, other: Span) -> slice:
        """Where these positions lie in an array that holds those of ``other``."""
        return slice(self.start - other.start, self.stop - other.start)

    @property
    def slice(self) -> slice:
        return slice(self.start, self.stop)


@dataclass(frozen=True)
class Step:
    """One 3 × 3 convolution along one dimension.

    Attributes:
        before, after: positions of padding, 1 where the tile touches the map's edge, else 0.
        out: what it yields.
        own: the part of that which belongs to this tile and to no other.
    """

    before: int
    after: int
    out: Span
    own: Span


@dataclass(frozen=True)
class Path:
    """One tile's way through a stage, along one dimension.

    Attributes:
        source: what it reads of the stage's input, halo included.
        blocks: its convolutions, by block.
        pooled: what it owns of the pooled map that follows the stage.
    """

    source: Span
    blocks: tuple[tuple[Step, ...], ...]
    pooled: Span


def split(length: int, longest: int) -> tuple[Span, ...]:
    """``length`` positions as spans of nearly equal, even lengths of at most ``longest``.

    All starts are even, so that pooling windows never straddle two spans, and no span is one
    position long, which pooling would swallow, unless ``length`` itself is 1.
    """
    count = -(-length // max(2, longest - longest % 2))
    size = -(-length // count)
    size += size % 2
    starts = [start for start in range(0, length, size) if length - start > 1 or start == 0]
    return tuple(
        Span(start, stop) for start, stop in zip(starts, [*starts[1:], length], strict=True)
    )


def trace(own: Span, lengths: Sequence[int], convolutions: Sequence[int], clipped: bool) -> Path:
    """The path of the tile that owns ``own`` of a stage's last maps.

    Args:
        lengths: of the maps of each of the stage's blocks, before its pooling.
        convolutions: how many each block has.
        clipped: whether halos end at the map's edges, where padding takes over; if not, spans
            go on beyond them, for maps that repeat.
    """
    pooled = Span(own.start // 2, own.stop // 2)
    need = own
    blocks: list[tuple[Step, ...]] = []
    for block in reversed(range(len(lengths))):
        length = lengths[block]
        if block < len(lengths) - 1:
            below = lengths[block + 1]
            own, need = _unpooled(own, below, length), _unpooled(need, below, length)
        steps: list[Step] = []
        for _ in range(convolutions[block]):
            out, need = need, Span(need.start - 1, need.stop + 1)
            if clipped:
                need = Span(max(0, need.start), min(length, need.stop))
            before, after = need.start - (out.start - 1), out.stop + 1 - need.stop
            steps.append(Step(before, after, out, own))
        blocks.append(tuple(reversed(steps)))
    return Path(need, tuple(reversed(blocks)), pooled)


def _unpooled(span: Span, below: int, length: int) -> Span:
    """What ``span`` of a pooled map of length ``below`` was made from, an odd edge included."""
    return Span(2 * span.start, length if span.stop == below else 2 * span.stop)
