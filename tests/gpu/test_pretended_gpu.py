"""The pretended card refuses what a real one refuses, and counts what costs time there."""

from __future__ import annotations

import pytest
import torch

from pretended_gpu.card import Card
from pretended_gpu.machine import pretended


def test_what_is_on_the_card_says_so_and_computes(card: Card) -> None:
    x = torch.arange(4.0, device=card.device)
    moved = torch.arange(4.0).to(card.kind)
    assert x.device == moved.device == card.device
    assert (x + moved).cpu().tolist() == [0.0, 2.0, 4.0, 6.0]
    assert (x * 2).sum().device == card.device


def test_the_processors_tensors_do_not_mix_with_the_cards(card: Card) -> None:
    x = torch.ones(3, device=card.device)
    assert (x * torch.tensor(2.0)).cpu().tolist() == [2.0, 2.0, 2.0]  # a single number may
    with pytest.raises(RuntimeError, match="same device"):
        x + torch.ones(3)
    with pytest.raises(TypeError, match="numpy"):
        x.numpy()
    with pytest.raises(RuntimeError, match="generator"):
        torch.rand(3, device=card.device, generator=torch.Generator())


def test_two_cards_do_not_mix_either() -> None:
    with pretended(Card(), Card(index=1)):
        first, second = torch.ones(3, device="cuda:0"), torch.ones(3, device="cuda:1")
        with pytest.raises(RuntimeError, match="same device"):
            first + second
        assert (first + second.to(first.device)).cpu().tolist() == [2.0, 2.0, 2.0]
        with pytest.raises(RuntimeError, match="ordinal"):
            torch.ones(3, device="cuda:2")


def test_only_apples_refuses_float64(card: Card) -> None:
    x = torch.ones(3, device=card.device)
    if card.kind == "cuda":
        assert x.double().dtype == torch.float64
        return
    for make in (lambda: x.double(), lambda: torch.ones(3, device="mps", dtype=torch.float64)):
        with pytest.raises(TypeError, match="float64"):
            make()


def test_waiting_for_the_card_is_counted(card: Card) -> None:
    x = torch.ones(3, device=card.device)
    waits = [
        lambda: x.sum().item(),
        lambda: float(x[0]),
        lambda: bool((x > 0).all()),
        lambda: x.tolist(),
        lambda: x.cpu(),
        lambda: torch.ones(3).to(card.device),
        lambda: torch.tensor([1.0], device=card.device),
        lambda: x.new_tensor([1.0]),
        lambda: x.copy_(torch.zeros(3)),
        lambda: torch.zeros(3).copy_(x),
    ]
    for expected, wait in enumerate(waits, 1):
        wait()
        assert sum(card.noted("sync").values()) == expected
    (x + 1).square().sum()
    torch.full((3,), 2.0, device=card.device)
    assert sum(card.noted("sync").values()) == len(waits)
    torch.ones(3).to(card.device, non_blocking=True)
    is_safe = card.kind == "cuda"
    assert sum(card.noted("sync").values()) == len(waits) + (not is_safe)


def test_gradients_are_those_of_the_processor(card: Card) -> None:
    x = torch.rand(1, 2, 6, 6, generator=torch.Generator().manual_seed(1))
    w = torch.rand(3, 2, 3, 3, generator=torch.Generator().manual_seed(2))

    def gradient(device: torch.device | str) -> torch.Tensor:
        leaf = x.to(device).requires_grad_(True)
        y = torch.nn.functional.conv2d(leaf, w.to(device), padding=1).relu()
        (found,) = torch.autograd.grad(y.square().sum(), leaf)
        return found.cpu()

    assert torch.equal(gradient(card.device), gradient("cpu"))


def test_memory_is_held_as_long_as_it_is_used_and_then_runs_out(card: Card) -> None:
    card.total_bytes = 1 << 20
    x = torch.zeros(1 << 16, device=card.device)
    view = x[10:]
    assert card.live_bytes == 1 << 18
    del x
    assert card.live_bytes == 1 << 18
    del view
    assert (card.live_bytes, card.peak_bytes) == (0, 1 << 18)
    with pytest.raises(RuntimeError, match="out of memory"):
        torch.zeros(1 << 20, device=card.device)
    assert card.live_bytes == 0


def test_a_fault_comes_up_in_the_next_operation(card: Card) -> None:
    x = torch.zeros(3, device=card.device)

    def broken(operation: str) -> None:
        raise RuntimeError(f"CUDA error in {operation}")

    card.fault = broken
    for use in (lambda: x + 1, lambda: x.cpu(), lambda: torch.ones(3).to(card.device)):
        with pytest.raises(RuntimeError, match="CUDA error"):
            use()
