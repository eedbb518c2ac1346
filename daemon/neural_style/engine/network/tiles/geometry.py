"""The positions of each map that a tile needs, along one dimension.

A tile owns a span of a stage's last maps. Each convolution and pooling, from the last to the
first, widens this span by a halo. The result is the span of the stage's input that the tile reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from neural_style.engine.share import Span


@dataclass(frozen=True)
class Step:
    """One 3 × 3 convolution along one dimension.

    Attributes:
        before, after: padding, 1 where the tile touches the map's edge, else 0.
        out: the span of its output.
        own: the part of ``out`` that belongs to this tile only.
    """

    before: int
    after: int
    out: Span
    own: Span


@dataclass(frozen=True)
class Path:
    """The spans of one tile in a stage, along one dimension.

    Attributes:
        source: the span of the stage's input that it reads, including the halo.
        blocks: the convolutions of each block.
        pooled: its own span of the pooled map after the stage.
    """

    source: Span
    blocks: tuple[tuple[Step, ...], ...]
    pooled: Span

    def seen_from(self, source: int, blocks: Sequence[int], pooled: int) -> Path:
        """The path in positions of maps that begin at these positions of the whole ones.

        Args:
            source: for the stage's input.
            blocks: for each block's maps.
            pooled: for the pooled map.
        """
        steps = (
            tuple(replace(s, out=s.out.moved(-by), own=s.own.moved(-by)) for s in block)
            for block, by in zip(self.blocks, blocks, strict=True)
        )
        return Path(self.source.moved(-source), tuple(steps), self.pooled.moved(-pooled))


def split(length: int, longest: int, first: int = 0) -> tuple[Span, ...]:
    """``length`` positions from ``first`` on as spans of nearly equal, even lengths.

    None is longer than ``longest``.

    If ``first`` is even, so are all starts, so that no pooling window straddles two spans. No span
    has length 1, which pooling would drop, unless ``length`` is 1.
    """
    count = -(-length // max(2, longest - longest % 2))
    size = -(-length // count)
    size += size % 2
    starts = [start for start in range(0, length, size) if length - start > 1 or start == 0]
    return tuple(
        Span(first + start, first + stop)
        for start, stop in zip(starts, [*starts[1:], length], strict=True)
    )


def trace(own: Span, lengths: Sequence[int], convolutions: Sequence[int], clipped: bool) -> Path:
    """The path of the tile that owns the span ``own`` of a stage's last maps.

    Args:
        lengths: the length of each block's maps, before its pooling.
        convolutions: the number of convolutions in each block.
        clipped: whether halos end at the map's edges, where padding applies. If not, spans
            extend beyond the edges, for circular padding.
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
    """The span that was pooled into ``span``, including an odd last position.

    Args:
        below: length of the pooled map.
        length: length of the map before pooling.
    """
    return Span(2 * span.start, length if span.stop == below else 2 * span.stop)
