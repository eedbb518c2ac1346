"""Tensors that say that they are on a graphics card, and compute on the processor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_map

from pretended_gpu.card import Card

WAITING = frozenset({"_local_scalar_dense", "equal", "nonzero", "is_nonzero", "masked_select"})
"""Operations for which the processor waits until the card has computed their result."""

ATOMIC = frozenset(
    {
        *("replication_pad2d_backward", "reflection_pad2d_backward"),
        *("upsample_bilinear2d_backward", "upsample_bicubic2d_backward"),
    }
)
"""Operations whose sums a real card adds up in any order, so that their result varies."""

TRANSPOSING = frozenset({"replication_pad2d", "_pad_circular"})
"""Operations whose result on a real card is not channels-last."""

MISSING_ON_MPS = frozenset({"_upsample_bicubic2d_aa", "_upsample_bilinear2d_aa", "_linalg_eigh"})


class CardTensor(torch.Tensor):
    """A tensor on ``card``; ``on_host`` has its values, on the processor."""

    on_host: Tensor
    card: Card

    @staticmethod
    def __new__(cls: type[CardTensor], values: Tensor, card: Card) -> CardTensor:
        made: CardTensor = torch.Tensor._make_wrapper_subclass(
            cls,
            values.size(),
            strides=values.stride(),
            storage_offset=values.storage_offset(),
            dtype=values.dtype,
            layout=values.layout,
            device=values.device,
        )
        return made

    def __init__(self, values: Tensor, card: Card) -> None:
        self.on_host = values
        self.card = card
        self.block = card.hold(values)

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        found: torch.device = self.card.device
        return found

    @property
    def is_cuda(self) -> bool:  # type: ignore[override]
        return bool(self.card.kind == "cuda")

    def __repr__(self) -> str:  # type: ignore[override]
        return f"{self.on_host!r} on {self.card.device}"

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls,
        function: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = function._schema.name.split("::")[1]
        tensors = [each for each in tree_flatten((args, kwargs))[0] if isinstance(each, Tensor)]
        ours = [each for each in tensors if isinstance(each, CardTensor)]
        card = ours[0].card
        card.fault(name)
        if name != "copy_":
            _refuse_mixed(name, card, tensors)
        elif len(ours) < len(tensors) and not (args[2:] and args[2] and ours[0] is args[0]):
            card.note("sync copy")
        _note_kind(name, card)
        known = {id(each.on_host): each for each in ours}
        result = function(*tree_map(_values, args), **tree_map(_values, kwargs))
        if name == "copy_" and not isinstance(args[0], CardTensor):
            return result
        if name in TRANSPOSING and card.kind == "cuda":
            result = result.contiguous()
        return tree_map(_on(card, known), result)


def _values(argument: object) -> object:
    return argument.on_host if isinstance(argument, CardTensor) else argument


def _on(card: Card, known: Mapping[int, CardTensor]) -> Callable[[object], object]:
    """Puts results onto the card; a tensor that was changed in place is the same afterwards."""

    def wrap(result: object) -> object:
        if not isinstance(result, Tensor):
            return result
        found = known.get(id(result))
        return CardTensor(result, card) if found is None else found

    return wrap


def _refuse_mixed(name: str, card: Card, tensors: Sequence[Tensor]) -> None:
    """Raise where a real card would; single numbers on the processor are allowed."""
    for each in tensors:
        card_of_it = each.card if isinstance(each, CardTensor) else None
        if card_of_it is not card and (card_of_it or each.dim() > 0):
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but {name} got some on others"
            )


def _note_kind(name: str, card: Card) -> None:
    if name in WAITING:
        card.note(f"sync {name}")
    if name in ATOMIC:
        card.note(f"atomics {name}")
    if name in TRANSPOSING:
        card.note(f"transposed {name}")
    if card.kind == "mps" and name in MISSING_ON_MPS:
        raise NotImplementedError(f"The operator 'aten::{name}' is not implemented for MPS.")
