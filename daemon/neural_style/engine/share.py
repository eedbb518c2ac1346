"""How several processes share one picture: a protocol, and what one process alone does.

Each process has a band of the picture's rows, and of every map's rows. It computes that band from
its own rows and a few of its neighbours', which they give it. What is summed over the picture is
summed over the processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, TypeAlias, TypeVar

import torch
from torch import Tensor

K = TypeVar("K")


@dataclass(frozen=True)
class Span:
    """Positions ``start`` to ``stop`` - 1 of a map along one dimension."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def within(self, other: Span) -> slice:
        """The index of these positions in an array that holds the positions of ``other``."""
        return slice(self.start - other.start, self.stop - other.start)

    def moved(self, by: int) -> Span:
        """The span so many positions further on."""
        return Span(self.start + by, self.stop + by)

    def common(self, other: Span) -> Span:
        """The positions of both; none if they do not meet."""
        start = max(self.start, other.start)
        return Span(start, max(start, min(self.stop, other.stop)))

    @property
    def slice(self) -> slice:
        return slice(self.start, self.stop)


Spans: TypeAlias = tuple[Span, ...]
"""Rows of each process, by rank."""


class Share(Protocol):
    """This process's share of a picture. All processes call the same methods in the same order.

    Maps are (…, rows, width), of any floating type; what is returned is on the same device.
    """

    @property
    def rank(self) -> int:
        """Which process this is, from 0."""

    @property
    def count(self) -> int:
        """How many processes there are."""

    def total(self, sums: Tensor) -> Tensor:
        """The sum over all processes, the same bits in each. ``sums`` may be modified."""

    def largest(self, values: Tensor) -> Tensor:
        """The largest over all processes, value by value. ``values`` may be modified."""

    def complete(self, maps: Tensor, owned: Spans, needed: Spans) -> Tensor:
        """The rows ``needed`` here, fetched from the processes that have them.

        Args:
            maps: this process's own rows.
            owned: the rows of each process, one after another.
            needed: the rows that each process gets.
        """

    def give_back(self, maps: Tensor, needed: Spans, owned: Spans) -> Tensor:
        """The transpose of :meth:`complete`: the sums of all that others have for our own rows.

        Args:
            maps: values at the rows ``needed`` here.
        """


class _Whole:
    """One process has the whole picture: nothing is fetched, summed or copied."""

    rank = 0
    count = 1

    def total(self, sums: Tensor) -> Tensor:
        return sums

    def largest(self, values: Tensor) -> Tensor:
        return values

    def complete(self, maps: Tensor, owned: Spans, needed: Spans) -> Tensor:
        return maps

    def give_back(self, maps: Tensor, needed: Spans, owned: Spans) -> Tensor:
        return maps


WHOLE: Share = _Whole()


@dataclass(frozen=True)
class Bands:
    """The rows of a picture, or of a map, that each process has.

    Attributes:
        share: who has them.
        spans: one after another, from the first row to the last.
    """

    share: Share
    spans: Spans

    @property
    def own(self) -> Span:
        """The rows of this process."""
        return self.spans[self.share.rank]

    @property
    def height(self) -> int:
        """Rows of the whole."""
        return self.spans[-1].stop

    @property
    def are_one(self) -> bool:
        """Whether this process has all rows."""
        return self.share.count == 1

    def widened(self, above: int, below: int) -> Spans:
        """Each band with so many rows above and below it, as far as there are any."""
        return tuple(
            Span(max(0, span.start - above), min(self.height, span.stop + below))
            for span in self.spans
        )

    def halved(self, times: int) -> Bands:
        """The bands of a map after so many poolings, each of which drops an odd last row."""
        return Bands(self.share, tuple(Span(s.start >> times, s.stop >> times) for s in self.spans))

    def resized(self, height: int) -> Bands:
        """About the same bands of the picture when it has ``height`` rows."""
        edges = [span.start for span in self.spans] + [self.height]
        moved = [(2 * edge * height + self.height) // (2 * self.height) for edge in edges]
        return Bands(self.share, spans_between(moved))

    def everywhere(self) -> Spans:
        """All rows, for each process."""
        return (Span(0, self.height),) * self.share.count


def spans_between(edges: list[int]) -> Spans:
    """The spans from each of ``edges`` to the next."""
    return tuple(Span(start, stop) for start, stop in pairwise(edges))


BAND_STEP = 16
"""Bands begin at multiples of so many rows, so that no pooling joins rows of two bands."""


def bands_of(share: Share, height: int) -> Bands:
    """Nearly equal bands of a picture with ``height`` rows.

    Raises:
        ValueError: there are fewer than :data:`BAND_STEP` rows for each process.
    """
    steps = height // BAND_STEP
    if share.count > max(1, steps):
        raise ValueError(f"{height} rows cannot be divided among {share.count} processes")
    edges = [BAND_STEP * (steps * rank // share.count) for rank in range(share.count)]
    return Bands(share, spans_between([*edges, height]))


def whole(height: int) -> Bands:
    """All rows in this process."""
    return bands_of(WHOLE, height)


def divided(share: Share, height: int) -> Bands:
    """The bands of a picture, or all of it in each process if it has too few rows."""
    return bands_of(share if height >= BAND_STEP * share.count else WHOLE, height)


def totals(share: Share, sums: Mapping[K, Tensor]) -> dict[K, Tensor]:
    """Each tensor's sum over all processes, for which they speak with each other once."""
    if share.count == 1 or not sums:
        return dict(sums)
    wide = torch.float32
    for part in sums.values():
        wide = torch.promote_types(wide, part.dtype)
    together = share.total(torch.cat([part.flatten().to(wide) for part in sums.values()]))
    parts = torch.split(together, [part.numel() for part in sums.values()])
    return {
        name: part.view(sums[name].shape).to(sums[name].dtype)
        for name, part in zip(sums, parts, strict=True)
    }


def mean(share: Share, values: Tensor) -> Tensor:
    """The mean of the values of all processes, of their type."""
    if share.count == 1:
        return values.mean()
    own = values.sum(dtype=torch.float64)
    both = share.total(torch.stack((own, torch.full_like(own, values.numel()))))
    return (both[0] / both[1]).to(values.dtype)


def agreed(share: Share, values: Tensor) -> Tensor:
    """The first process's values, for all: what decides must not differ in its last digits."""
    if share.count == 1:
        return values
    return share.total(values.clone() if share.rank == 0 else torch.zeros_like(values))
