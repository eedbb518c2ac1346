"""Moves tensors between the processor and pretended cards, and makes new ones there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from pretended_gpu.card import Card, Kind
from pretended_gpu.tensor import CardTensor

T = torch.Tensor
MOVES = (T.to, T.cpu, T.cuda)
FROM_NUMBERS = frozenset({"tensor", "as_tensor", "new_tensor"})


class Transfers(TorchFunctionMode):
    """Inside this context, ``cards`` can be named as devices."""

    def __init__(self, kind: Kind, cards: Sequence[Card]) -> None:
        super().__init__()
        self._kind = kind
        self._cards = cards

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        if function in MOVES:
            return self._move(function, *args, **kwargs)
        on_card = bool(args) and isinstance(args[0], CardTensor)
        if function is T.numpy and on_card:
            raise TypeError(f"can't convert {self._kind} tensor to numpy; use .cpu() first")
        if function is T.tolist and on_card:
            args[0].card.note("sync tolist")
            args[0].card.fault("tolist")
            return args[0].on_host.tolist()
        name = getattr(function, "__name__", "")
        card = self._card(kwargs.get("device"))
        if card is None and function is T.new_tensor and on_card:
            card = args[0].card
            kwargs.setdefault("dtype", args[0].dtype)
            function, args = torch.tensor, args[1:]
        if card is not None:
            return self._made(name, function, card, args, kwargs)
        return function(*args, **kwargs)

    def _card(self, device: Any) -> Card | None:
        """The card of that name; None for the processor.

        Raises:
            RuntimeError: there is no such card.
        """
        if device is None or (found := torch.device(device)).type != self._kind:
            return None
        if (found.index or 0) >= len(self._cards):
            raise RuntimeError("CUDA error: invalid device ordinal")
        return self._cards[found.index or 0]

    def _made(
        self,
        name: str,
        function: Callable[..., Any],
        card: Card,
        args: Sequence[Any],
        kwargs: dict[str, Any],
    ) -> Tensor:
        """A new tensor on the card."""
        card.fault(name)
        if name in FROM_NUMBERS:
            card.note(f"sync {name}")
        if kwargs.get("generator") is not None:
            raise RuntimeError(f"Expected a '{self._kind}' device type for generator")
        needs_gradient = kwargs.pop("requires_grad", False)
        made = function(*map(_plain, args), **{**kwargs, "device": "cpu"})
        return CardTensor(made, card).requires_grad_(bool(needs_gradient))

    def _move(self, function: Callable[..., Any], x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        target, rest = self._target(function, args, kwargs)
        card, source = self._card(target), x.card if isinstance(x, CardTensor) else None
        if target is None or card is source:
            same: Tensor = T.to(x, *rest, **kwargs) if rest or kwargs else x
            return same
        if x.requires_grad and torch.is_grad_enabled():
            raise NotImplementedError("gradients do not pass between pretended devices")
        # On MPS a copy that does not wait is not safe, so it counts as one that does.
        waits_not = kwargs.pop("non_blocking", False) and self._kind == "cuda"
        blocking = not waits_not or card is None
        for end in {id(card): card, id(source): source}.values():
            if end is not None:
                end.fault("move")
        if blocking:
            (card or source).note("sync move")  # type: ignore[union-attr]
        values = x.on_host if isinstance(x, CardTensor) else x.detach()
        kwargs.pop("copy", None)
        moved = T.to(values, *rest, **kwargs) if rest or kwargs else values
        if moved.untyped_storage()._cdata == values.untyped_storage()._cdata:
            moved = moved.clone(memory_format=torch.preserve_format)
        return moved if card is None else CardTensor(moved, card)

    def _target(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> tuple[torch.device | None, list[Any]]:
        """The device that is asked for, and the other arguments; takes it out of ``kwargs``."""
        if function is T.cpu:
            return torch.device("cpu"), []
        if function is T.cuda:
            return torch.device(self._kind), []
        target, rest = kwargs.pop("device", None), []
        for each in args:
            if isinstance(each, (str, torch.device)):
                target = each
            elif isinstance(each, Tensor):
                target = each.device
                rest.append(each.dtype)
            else:
                rest.append(each)
        return (None if target is None else torch.device(target)), rest


def _plain(argument: object) -> object:
    return argument.on_host if isinstance(argument, CardTensor) else argument
