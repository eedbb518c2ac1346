"""The history of L-BFGS, and the search direction from it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import torch
from torch import Tensor

from neural_style.engine.minimise.state import State, StateMismatch, byte_count, read_tensor

GAMMA_FACTORS = 1.0, 2.5
"""Factors of γ with an empty and with a full history. Measured: a larger first factor and a smaller
second one are both worse."""


class History:
    """The newest pairs (s, y) of steps and gradient changes, kept as s and z = P·y."""

    def __init__(self, length: int, size: int, like: Tensor) -> None:
        # On a CPU, rows that are never written use no memory.
        self._s = like.new_empty((length, size))
        self._z = like.new_empty((length, size))
        self._written = 0
        self._sy = torch.zeros(length, length, dtype=torch.float64)
        self._yz = torch.zeros(length, length, dtype=torch.float64)
        self._gradient_products: tuple[Tensor, Tensor] | None = None
        self._order: list[int] = []

    def __len__(self) -> int:
        return len(self._order)

    def clear(self) -> None:
        self._order.clear()
        self._gradient_products = None

    def reduce_memory(self, length: int) -> None:
        """Keep the newest ``length`` pairs only, in bfloat16."""
        kept = self._order[-length:]
        self._s, self._z = _shrunk(self._s, kept, length), _shrunk(self._z, kept, length)
        self._sy, self._yz = _selected(self._sy, kept, length), _selected(self._yz, kept, length)
        self._gradient_products = None
        self._order = list(range(len(kept)))
        self._written = len(kept)

    def state(self, most_bytes: int) -> State | None:
        """The pairs. To fit ``most_bytes``, they are rounded to bfloat16, then the oldest dropped.

        None if no pair fits.
        """
        order, dtype = self._order, self._s.dtype
        if len(order) * 2 * byte_count(self._s[:1]) > most_bytes:
            dtype = torch.bfloat16
            pair = 4 * self._s.shape[1]
            order = order[-(most_bytes // pair) :] if most_bytes >= pair else []
            if not order:
                return None
        rows = {f"s{place}": self._s[row].to("cpu", dtype) for place, row in enumerate(order)}
        rows |= {f"z{place}": self._z[row].to("cpu", dtype) for place, row in enumerate(order)}
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
        if not 0 <= length <= len(self._s):
            raise StateMismatch("sy")
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

    def add(self, s: Tensor, y: Tensor, z: Tensor, g: Tensor) -> None:
        """Add a pair, unless its curvature is not positive; ``g`` is the newest gradient."""
        before, self._gradient_products = self._gradient_products, None
        curvature = float(s @ y)
        if curvature <= 1e-10 * float(s.norm()) * float(y.norm()) or float(z @ y) <= 0:
            return
        full = len(self._order) == len(self._s)
        row = self._order.pop(0) if full else len(self._order)
        self._order.append(row)
        self._s[row] = s
        self._z[row] = z
        self._written = written = max(self._written, row + 1)
        sy = _products(self._s[:written], y).double().cpu()
        yz = _products(self._z[:written], y).double().cpu()
        self._sy[:written, row] = sy
        self._yz[:written, row] = yz
        self._yz[row, :written] = yz
        if before is not None:
            # Updating the last gradient's products saves two passes over all rows.
            self._gradient_products = (
                _updated_products(before[0], sy, row, s, g),
                _updated_products(before[1], yz, row, z, g),
            )

    def direction(self, g: Tensor, pg: Tensor) -> Tensor:
        """-H·g by the two-loop recursion; -P·g while the history is empty."""
        if not self._order:
            return -pg
        order = self._order
        sy, yz = self._sy.tolist(), self._yz.tolist()
        s, z = self._s[: self._written], self._z[: self._written]
        if self._gradient_products is None:
            self._gradient_products = _products(s, g).double().cpu(), _products(z, g).double().cpu()
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
        scaled = [gamma * value for value in alpha]
        direction: Tensor = -gamma * pg
        _add_combined(direction, z, g.new_tensor(scaled))
        _add_combined(direction, s, -g.new_tensor(beta))
        return direction

    def _scale(self, scales: list[float]) -> float:
        """γ of the initial inverse Hessian, from the estimate of each pair."""
        beginning, end = GAMMA_FACTORS
        fullness = len(scales) / len(self._s)
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


def _updated_products(
    products: Tensor, change: Tensor, row: int, newest: Tensor, g: Tensor
) -> Tensor:
    """rows·g from ``products``, rows·(g - y), and ``change``, rows·y."""
    gained = change.clone()
    gained[: len(products)] += products
    gained[row] = float(newest @ g)
    return gained


def _add_combined(total: Tensor, rows: Tensor, coefficients: Tensor) -> None:
    """total += rowsᵀ·coefficients, in place, in the total's precision."""
    for chunk, count in _chunks(len(total)):
        parts = rows[:, chunk].to(total.dtype).view(len(rows), count, -1)
        each = coefficients.expand(count, 1, -1)
        total[chunk].view(count, 1, -1).baddbmm_(each, parts.transpose(0, 1))


def _shrunk(rows: Tensor, kept: list[int], length: int) -> Tensor:
    smaller = rows.new_empty((length, rows.shape[1]), dtype=torch.bfloat16)
    for place, row in enumerate(kept):
        smaller[place] = rows[row]
    return smaller


def _selected(products: Tensor, kept: list[int], length: int) -> Tensor:
    smaller = products.new_zeros(length, length)
    smaller[: len(kept), : len(kept)] = products[kept][:, kept]
    return smaller
