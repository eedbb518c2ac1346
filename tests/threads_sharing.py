"""Several threads that share a picture, as processes do, for tests without any network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from neural_style.engine.share import Share, Spans

T = TypeVar("T")


class _Table:
    """Where the threads lay what the others read."""

    def __init__(self, count: int) -> None:
        self._barrier = threading.Barrier(count, timeout=60)
        self._laid: list[Tensor] = [torch.empty(0)] * count

    def exchanged(self, rank: int, own: Tensor) -> list[Tensor]:
        self._laid[rank] = own
        self._barrier.wait()
        found = list(self._laid)
        self._barrier.wait()
        return found

    def give_up(self) -> None:
        self._barrier.abort()


class Beside:
    """A :class:`Share` among threads. What it has not fetched is not a number."""

    def __init__(self, table: _Table, rank: int, count: int) -> None:
        self._table, self.rank, self.count = table, rank, count

    def total(self, sums: Tensor) -> Tensor:
        return torch.stack(self._table.exchanged(self.rank, sums.clone())).sum(0)

    def largest(self, values: Tensor) -> Tensor:
        return torch.stack(self._table.exchanged(self.rank, values.clone())).amax(0)

    def complete(self, maps: Tensor, owned: Spans, needed: Spans) -> Tensor:
        assert maps.shape[-2] == len(owned[self.rank])
        mine = needed[self.rank]
        found = maps.new_full((*maps.shape[:-2], len(mine), maps.shape[-1]), torch.nan)
        if maps.dtype.is_floating_point is False:
            found = torch.zeros_like(found)
        for rows, part in zip(owned, self._table.exchanged(self.rank, maps.clone()), strict=True):
            both = rows.common(mine)
            found[..., both.within(mine), :] = part[..., both.within(rows), :]
        return found

    def give_back(self, maps: Tensor, needed: Spans, owned: Spans) -> Tensor:
        assert maps.shape[-2] == len(needed[self.rank])
        mine = owned[self.rank]
        found = maps.new_zeros((*maps.shape[:-2], len(mine), maps.shape[-1]))
        for rows, part in zip(needed, self._table.exchanged(self.rank, maps.clone()), strict=True):
            both = rows.common(mine)
            found[..., both.within(mine), :] += part[..., both.within(rows), :]
        return found


def side_by_side(count: int, work: Callable[[Share], T]) -> list[T]:
    """What ``work`` returns in each of ``count`` threads, by rank."""
    table = _Table(count)

    def guarded(rank: int) -> T:
        try:
            return work(Beside(table, rank, count))
        except BaseException:
            table.give_up()
            raise

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(guarded, range(count)))
