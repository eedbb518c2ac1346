"""The choice of the computing device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from neural_style.engine.plan.memory import free_memory
from neural_style_protocol.errors import WorkerError
from neural_style_protocol.phrases import Phrase

CPU = torch.device("cpu")

_FAILURES = (
    *("cuda error", "hip error", "cudnn", "cublas", "cufft", "cusolver", "hipblas", "miopen"),
    *("mps backend", "metal"),
)
"""What PyTorch says in a plain RuntimeError if a graphics card has failed, in small letters."""


@dataclass(frozen=True)
class Choice:
    """A device that was tried and computes.

    Attributes:
        name: for users: that of the graphics card, or the CPU with its number of threads.
        notice: why it is the processor although there is a graphics card; None if it is what was
            asked for.
    """

    device: torch.device
    name: str
    notice: Phrase | None = None


@dataclass(frozen=True)
class GraphicsCard:
    """A card that PyTorch knows, whether or not it computes; ``free_bytes`` is None if unknown."""

    device: torch.device
    name: str
    free_bytes: int | None


def choose_device(name: str) -> Choice:
    """The device called ``name``: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    ``auto`` is the card with the most free memory. In place of a card that does not compute, for
    example because it is full or too old, it is the next one, and in the end the processor.

    Raises:
        WorkerError: there is no such device.
    """
    if name == "auto":
        cards = sorted(graphics_cards(), key=lambda card: card.free_bytes or 0, reverse=True)
    elif name == "cpu":
        cards = []
    else:
        cards = [_card_called(name)]
    notice = None
    for card in cards:
        problem = _problem_of(card.device)
        if problem is None:
            return Choice(card.device, card.name)
        notice = notice or unusable(card.name, problem)
    return the_processor(notice)


def the_processor(notice: Phrase | None = None) -> Choice:
    """The choice of the processor."""
    return Choice(CPU, f"CPU, {torch.get_num_threads()} threads", notice)


def unusable(card: str, problem: Exception) -> Phrase:
    """The notice about a card that does not compute."""
    return Phrase(
        "The graphics card {card} cannot be used ({reason}). The processor computes instead.",
        {"card": card, "reason": str(problem).strip().partition("\n")[0]},
    )


def graphics_cards() -> Iterator[GraphicsCard]:
    """All cards, in PyTorch's order, which ``CUDA_VISIBLE_DEVICES`` and its like determine."""
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            device = torch.device("cuda", index)
            yield GraphicsCard(device, torch.cuda.get_device_name(device), _free_bytes(device))
    elif torch.backends.mps.is_available():
        device = torch.device("mps", 0)
        yield GraphicsCard(device, "Apple GPU", _free_bytes(device))


def is_device_failure(problem: BaseException) -> bool:
    """Whether ``problem`` says that a graphics card has failed; then it fails until the end of the
    process. Ask first whether memory ran out, which is no failure."""
    if isinstance(problem, getattr(torch, "AcceleratorError", ())):
        return True
    text = str(problem).lower()
    return isinstance(problem, RuntimeError) and any(words in text for words in _FAILURES)


def compute_exactly() -> None:
    """Let float32 be float32 on NVIDIA cards, whose convolutions are else rounded to 10 bits.

    It is used where bfloat16 is too coarse, and where it is no slower. And products of float16 are
    summed in float32, also where they are summed in parts, which might exceed float16.
    """
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False


def _card_called(name: str) -> GraphicsCard:
    try:
        wanted = torch.device(name)
    except RuntimeError as problem:
        raise _no_such_device(name) from problem
    wanted = torch.device(wanted.type, wanted.index or 0)
    for card in graphics_cards():
        if card.device == wanted:
            return card
    raise _no_such_device(name)


def _no_such_device(name: str) -> WorkerError:
    return WorkerError(
        "The computing device {name} cannot be used.",
        next_step="Choose `auto`, `cpu`, or a device that this machine has.",
        name=repr(name),
    )


def _free_bytes(device: torch.device) -> int | None:
    try:
        return free_memory(device)
    except RuntimeError:
        return None  # what makes it fail will show when it is tried


def _problem_of(device: torch.device) -> Exception | None:
    """What is wrong with a card; None if it can compute a convolution and its gradient."""
    try:
        x = torch.ones(1, 8, 8, 8, device=device, requires_grad=True)
        weight = torch.ones(8, 8, 3, 3, device=device)
        (gradient,) = torch.autograd.grad(F.conv2d(x, weight, padding=1).sum(), x)
        is_right = float(gradient.sum()) == 8 * 8 * 22 * 22
    except Exception as problem:  # whatever it is, the processor can do it
        return problem
    return None if is_right else RuntimeError("it computes wrong numbers")
