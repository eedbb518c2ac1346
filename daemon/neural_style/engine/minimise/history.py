"""The history of L-BFGS, and the search direction from it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from neural_style.engine.minimise.state import State, StateMismatch, read_tensor
from neural_style.engine.share import WHOLE, Share

GAMMA_FACTORS = 1.0, 2.5
"""Factors of γ with an empty and with a full history. Measured: a larger first factor and a smaller
second one are both worse."""


class History:
    """The newest pairs (s, y) of steps and gradient changes, kept as s and z = P·y.

    A pair is first proposed and then accepted or refused. In between, the caller reads the inner
    products that decide it from the device, together with whatever else it wants to know: waiting
    for a graphics card costs more than a pass over a picture.

    Args:
        length: the most pairs.
        size: values of each vector.
        like: a tensor of the vectors' type and device.
        rows: how many pairs there will be at most, if fewer than ``length``.
        share: this process's share of each vector; ``size`` is of its own part.
    """

    def __init__(
        self,
        length: int,
        size: int,
        like: Tensor,
        rows: int | None = None,
        share: Share = WHOLE,
    ) -> None:
        self._length = length
        self._share = share
        self._rows = rows = length if rows is None else max(1, min(length, rows))
        # Room is made when a pair comes, because a leaner history may be asked for before that.
        self._s = like.new_empty((0, size))
        self._z = like.new_empty((0, size))
        self._written = 0
        self._sy = torch.zeros(rows, rows, dtype=torch.float64)
        self._yz = torch.zeros(rows, rows, dtype=torch.float64)
        self._gradient_products: tuple[Tensor, Tensor] | None = None
        self._order: list[int] = []
        self._proposed: int | None = None

    def __len__(self) -> int:
        return len(self._order)

    def clear(self) -> None:
        self._order.clear()
        self._gradient_products = None

    def move(self, device: torch.device) -> None:
        """Keep the pairs on ``device`` from now on."""
        self._s = _moved(self._s, self._written, device)
        self._z = _moved(self._z, self._written, device)

    def reduce_memory(self, length: int) -> None:
        """Keep the newest ``length`` pairs only, in bfloat16."""
        kept = self._order[-length:]
        self._s, self._z = _shrunk(self._s, kept, length), _shrunk(self._z, kept, length)
        self._sy, self._yz = _selected(self._sy, kept, length), _selected(self._yz, kept, length)
        self._length = self._rows = length
        self._gradient_products = None
        self._order = list(range(len(kept)))
        self._written = len(kept)
        self._proposed = None

    def state(self, most_bytes: int) -> State | None:
        """The pairs. To fit ``most_bytes``, they are rounded to bfloat16, then the oldest dropped.

        None if no pair fits.
        """
        order, dtype = self._order, self._s.dtype
        if len(order) * 2 * self._s.shape[1] * dtype.itemsize > most_bytes:
            dtype = torch.bfloat16
            pair = 4 * self._s.shape[1]
            order = order[-(most_bytes // pair) :] if most_bytes >= pair else []
            if not order:
                return None
        # First to the CPU, because the other order needs memory on the device.
        rows = {f"s{place}": self._s[row].cpu().to(dtype) for place, row in enumerate(order)}
        rows |= {f"z{place}": self._z[row].cpu().to(dtype) for place, row in enumerate(order)}
        kept = {**rows, "sy": self._sy[order][:, order], "yz": self._yz[order][:, order]}
        if self._gradient_products is not None and order is self._order and dtype == self._s.dtype:
            kept["gs"], kept["gz"] = (products[order] for products in self._gradient_products)
        return kept

    def restore(self, state: State) -> None:
        """Restore pairs from ``state``.

        Raises:
            StateMismatch: these are more pairs than the history's length, or of another size.
        """
        length = len(state["sy"]) if "sy" in state else -1
        if not 0 <= length <= self._rows:
            raise StateMismatch("sy")
        self._make_room()
        for place in range(length):
            self._s[place] = read_tensor(state, f"s{place}", self._s[place])
            self._z[place] = read_tensor(state, f"z{place}", self._z[place])
        self._sy[:length, :length] = read_tensor(state, "sy", self._sy[:length, :length])
        self._yz[:length, :length] = read_tensor(state, "yz", self._yz[:length, :length])
        self._gradient_products = None
        if "gs" in state:
            like = self._sy[:length, 0]
            self._gradient_products = read_tensor(state, "gs", like), read_tensor(state, "gz", like)
        self._order = list(range(length))
        self._written = length

    def propose(self, s: Tensor, y: Tensor, z: Tensor, g: Tensor) -> Tensor:
        """Propose a pair. A full history lets its oldest pair go.

        Args:
            g: the newest gradient: the last pair's plus ``y``.

        Returns:
            The numbers that :meth:`accept` needs, on the pair's device.
        """
        self._make_room()
        if len(self._order) == self._rows:
            del self._order[0]
        row = min(set(range(self._rows)).difference(self._order))
        self._proposed = None
        self._s[row] = s
        self._z[row] = z
        self._written = written = max(self._written, row + 1)
        self._proposed = row
        rows_s, rows_z = self._s[:written], self._z[:written]
        single = [s @ y, s @ s, y @ y, z @ y]
        if self._gradient_products is None:
            with_gradient = [_products(rows_s, g), _products(rows_z, g)]
        else:
            # Updating the last gradient's products saves two passes over all rows.
            with_gradient = [(s @ g).view(1), (z @ g).view(1)]
        own = (torch.stack(single), _products(rows_s, y), _products(rows_z, y), *with_gradient)
        return self._share.total(torch.cat(own))

    def accept(self, numbers: Sequence[float]) -> None:
        """Add the proposed pair, unless its curvature is not positive.

        Args:
            numbers: from :meth:`propose`.
        """
        row, written = self._proposed, self._written
        assert row is not None  # a pair was proposed
        before, self._gradient_products = self._gradient_products, None
        curvature, s_square, y_square, along_z = numbers[:4]
        if curvature <= 1e-10 * math.sqrt(s_square * y_square) or along_z <= 0:
            self.refuse()
            return
        rest = torch.tensor(numbers[4:], dtype=torch.float64)
        sy, yz, with_gradient = rest[:written], rest[written : 2 * written], rest[2 * written :]
        self._sy[:written, row] = sy
        self._yz[:written, row] = yz
        self._yz[row, :written] = yz
        self._order.append(row)
        self._proposed = None
        if before is None:
            self._gradient_products = with_gradient[:written], with_gradient[written:]
        else:
            self._gradient_products = (
                _updated_products(before[0], sy, row, with_gradient[0]),
                _updated_products(before[1], yz, row, with_gradient[1]),
            )

    def refuse(self) -> None:
        """Forget the proposed pair, if there is one."""
        if self._proposed is not None:
            # Not a number times a coefficient of zero would still not be a number.
            self._s[self._proposed].zero_()
            self._z[self._proposed].zero_()
            self._proposed = None

    def direction(self, g: Tensor, pg: Tensor, g_pg: float) -> tuple[Tensor, float]:
        """-H·g by the two-loop recursion; -P·g while the history is empty.

        Args:
            g_pg: g·P·g.

        Returns:
            The direction, and its product with g.
        """
        if not self._order:
            return -pg, -g_pg
        order = self._order
        sy, yz = self._sy.tolist(), self._yz.tolist()
        s, z = self._s[: self._written], self._z[: self._written]
        if self._gradient_products is None:
            both = self._share.total(torch.cat((_products(s, g), _products(z, g))))
            # To the CPU first, because an Apple GPU has no float64.
            with_s, with_z = both.cpu().double().chunk(2)
            self._gradient_products = with_s, with_z
        sg, zg = (products.tolist() for products in self._gradient_products)
        alpha, beta = [0.0] * len(sg), [0.0] * len(sg)
        for position in reversed(range(len(order))):
            i, newer = order[position], order[position + 1 :]
            alpha[i] = (sg[i] - sum(alpha[j] * sy[i][j] for j in newer)) / sy[i][i]
        gamma = self._scale([sy[i][i] / yz[i][i] for i in order])
        for position, i in enumerate(order):
            along_z = gamma * (zg[i] - sum(alpha[j] * yz[i][j] for j in order))
            along_s = sum(beta[j] * sy[j][i] for j in order[:position])
            beta[i] = alpha[i] - (along_z + along_s) / sy[i][i]
        of_z, of_s = [gamma * value for value in alpha], [-value for value in beta]
        coefficients = _table([of_z, of_s], g)
        direction: Tensor = -gamma * pg
        _add_combined(direction, z, coefficients[0])
        _add_combined(direction, s, coefficients[1])
        slope = -gamma * g_pg + sum(of_z[i] * zg[i] + of_s[i] * sg[i] for i in order)
        return direction, slope

    def _make_room(self) -> None:
        """Allocate the rows. On a CPU, those that are never written use no memory."""
        if len(self._s) < self._rows:
            self._s = self._s.new_empty((self._rows, self._s.shape[1]))
            self._z = self._z.new_empty((self._rows, self._z.shape[1]))

    def _scale(self, scales: list[float]) -> float:
        """γ of the initial inverse Hessian, from the estimate of each pair."""
        beginning, end = GAMMA_FACTORS
        fullness = len(scales) / self._length
        return (beginning + (end - beginning) * fullness) * statistics.geometric_mean(scales)


CHUNK_VALUES = 1 << 20
"""Values that are converted at a time, if rows are in half precision."""


BLOCK_VALUES = 1 << 13
"""Values of each row in one product. PyTorch computes a matrix-vector product on one thread, but
distributes a batch of small products over all threads."""


def _chunks(length: int) -> Iterator[tuple[slice, int]]:
    """Yield the chunks of ``length`` values, each with its number of equal blocks."""
    whole = length // BLOCK_VALUES * BLOCK_VALUES
    for start in range(0, whole, CHUNK_VALUES):
        stop = min(start + CHUNK_VALUES, whole)
        yield slice(start, stop), (stop - start) // BLOCK_VALUES
    if whole < length:
        yield slice(whole, length), 1


def _products(rows: Tensor, vector: Tensor) -> Tensor:
    """rows·vector, in the vector's precision."""
    total = vector.new_zeros(len(rows))
    for chunk, count in _chunks(len(vector)):
        parts = rows[:, chunk].to(vector.dtype).view(len(rows), count, -1)
        total += torch.bmm(vector[chunk].view(count, 1, -1), parts.permute(1, 2, 0)).sum((0, 1))
    return total


def _updated_products(products: Tensor, change: Tensor, row: int, newest: Tensor) -> Tensor:
    """rows·g from ``products``, rows·(g - y), and ``change``, rows·y."""
    gained = change.clone()
    gained[: len(products)] += products
    gained[row] = newest
    return gained


def _table(rows: Sequence[Sequence[float]], like: Tensor) -> Tensor:
    """A small tensor of the type and on the device of ``like``, which nothing waits for."""
    if like.device.type == "mps":
        # There, a copy that does not wait may read the numbers when they are gone.
        return torch.stack([torch.cat([like.new_full((1,), v) for v in row]) for row in rows])
    return torch.tensor(rows, dtype=like.dtype).to(like.device, non_blocking=True)


def _add_combined(total: Tensor, rows: Tensor, coefficients: Tensor) -> None:
    """total += rowsᵀ·coefficients, in place, in the total's precision."""
    for chunk, count in _chunks(len(total)):
        parts = rows[:, chunk].to(total.dtype).view(len(rows), count, -1)
        each = coefficients.expand(count, 1, -1)
        total[chunk].view(count, 1, -1).baddbmm_(each, parts.transpose(0, 1))


def _moved(rows: Tensor, written: int, device: torch.device) -> Tensor:
    """The rows on another device; only the first ``written`` hold anything."""
    if rows.device == device:
        return rows
    moved = torch.empty(rows.shape, dtype=rows.dtype, device=device)
    moved[:written] = rows[:written].to(device)
    return moved


def _shrunk(rows: Tensor, kept: list[int], length: int) -> Tensor:
    smaller = rows.new_empty((length, rows.shape[1]), dtype=torch.bfloat16)
    for place, row in enumerate(kept):
        smaller[place] = rows[row]
    return smaller


def _selected(products: Tensor, kept: list[int], length: int) -> Tensor:
    smaller = products.new_zeros(length, length)
    smaller[: len(kept), : len(kept)] = products[kept][:, kept]
    return smaller
