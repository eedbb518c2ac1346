"""Which device is chosen, also where the card is full, too old or broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from neural_style.engine import StyleImage, Stylizer, Task
from neural_style.engine.network.arithmetic import (
    ARITHMETICS,
    arithmetic_named,
    fastest_arithmetic,
)
from neural_style.engine.plan.devices import choose_device, graphics_cards, is_device_failure
from neural_style.engine.plan.memory import is_out_of_memory
from neural_style_protocol.errors import SettingsError, WorkerError
from neural_style_protocol.settings import Settings
from pretended_gpu.card import Card
from pretended_gpu.machine import pretended

TOO_OLD = "CUDA error: no kernel image is available for execution on the device\nCompile with"


def broken(operation: str) -> None:
    raise RuntimeError(TOO_OLD)


def test_auto_is_the_card_and_the_processor_can_be_had(card: Card) -> None:
    assert choose_device("auto").device == choose_device(card.kind).device == card.device
    assert choose_device("auto").notice is None
    assert choose_device("cpu").device == torch.device("cpu")


def test_auto_is_the_card_with_the_most_free_memory() -> None:
    cards = (Card(name="Full", others_bytes=15 << 30), Card(index=1, name="Free"))
    with pretended(*cards):
        assert choose_device("auto").device == torch.device("cuda", 1)
        assert choose_device("cuda:0").name == "Full"
        known = {found.name: found.free_bytes for found in graphics_cards()}
        assert known == {"Full": 1 << 30, "Free": 16 << 30}
        with pytest.raises(WorkerError, match="cuda:2"):
            choose_device("cuda:2")


def test_a_card_that_does_not_compute_leaves_it_to_the_next() -> None:
    with pretended(Card(name="Old", fault=broken), Card(index=1, others_bytes=1 << 30)):
        chosen = choose_device("auto")
        assert (chosen.device, chosen.notice) == (torch.device("cuda", 1), None)


@pytest.mark.parametrize("name", ["auto", "the card"])
def test_in_the_end_it_is_the_processor_and_says_why(card: Card, name: str) -> None:
    card.fault = broken
    chosen = choose_device("auto" if name == "auto" else card.kind)
    assert chosen.device == torch.device("cpu")
    sentence = str(chosen.notice)
    assert "no kernel image is available" in sentence
    assert "Compile with" not in sentence
    assert sentence.endswith("The processor computes instead.")


def test_a_full_card_is_left_too(card: Card) -> None:
    card.others_bytes = card.total_bytes
    assert choose_device("auto").device == torch.device("cpu")


def test_a_card_that_computes_nonsense_is_not_used(
    card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.nn.functional, "conv2d", lambda x, *_, **__: x * 2)
    chosen = choose_device("auto")
    assert chosen.device == torch.device("cpu")
    assert "wrong numbers" in str(chosen.notice)


@pytest.mark.parametrize("when", ["it is chosen", "it warms up"])
def test_whatever_is_wrong_with_the_card_the_engine_paints(
    card: Card, weights_file: Path, picture: Callable[..., Tensor], when: str
) -> None:
    if when == "it is chosen":
        card.fault = broken
    stylizer = Stylizer(weights_file, device="auto")
    if when == "it warms up":
        card.total_bytes = 30 << 20  # less than the network needs
    stylizer.warm_up()
    assert stylizer.device_name.startswith("CPU")
    assert "cannot be used" in str(stylizer.notice)
    settings = Settings(preset="draft", size=32, iterations=1)
    task = Task(picture("china", 32), (StyleImage(picture("strokes", 32)),), settings)
    assert stylizer.stylize(task, lambda progress, render: True).steps == 1


@pytest.mark.parametrize(
    ("capability", "dtype"),
    [
        ((6, 1), torch.float32),
        ((7, 0), torch.float16),
        ((7, 5), torch.float16),
        ((8, 0), torch.bfloat16),
        ((9, 0), torch.bfloat16),
        ((12, 0), torch.bfloat16),
    ],
)
def test_a_cards_kind_decides_its_precision(
    capability: tuple[int, int], dtype: torch.dtype
) -> None:
    with pretended(Card(capability=capability)) as (card,):
        assert fastest_arithmetic(card.device, {}).dtype == dtype
        assert card.events == {}


@pytest.mark.parametrize(
    ("capability", "able"),
    [
        ((6, 1), {"float32"}),
        ((7, 5), {"float32", "float16"}),
        ((8, 0), {"float32", "float16", "bfloat16"}),
    ],
)
def test_a_card_computes_in_the_arithmetic_that_it_is_given(
    capability: tuple[int, int], able: set[str]
) -> None:
    with pretended(Card(capability=capability)) as (card,):
        for name in ARITHMETICS:
            if name in able:
                assert arithmetic_named(name, card.device) == ARITHMETICS[name]
                continue
            with pytest.raises(SettingsError, match=f"cannot compute in the arithmetic.*{name}"):
                arithmetic_named(name, card.device)


@pytest.mark.parametrize(
    ("chip", "dtype"),
    [
        ("gfx900", torch.float32),
        ("gfx906:sramecc+:xnack-", torch.float16),
        ("gfx908", torch.float16),
        ("gfx90a", torch.bfloat16),
        ("gfx1010", torch.float32),
        ("gfx1030", torch.float16),
        ("gfx1100", torch.bfloat16),
    ],
)
def test_so_does_that_of_amds(
    monkeypatch: pytest.MonkeyPatch, chip: str, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.version, "hip", "6.4")
    with pretended(Card()) as (card,):
        facts = SimpleNamespace(gcnArchName=chip)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: facts)
        assert fastest_arithmetic(card.device, {}).dtype == dtype


def test_apples_compute_in_float32() -> None:
    with pretended(Card("mps")) as (card,):
        assert fastest_arithmetic(card.device, {}).dtype == torch.float32


def test_float32_is_not_rounded_on_a_card(
    card: Card, weights_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = True
    Stylizer(weights_file, device=card.kind)
    assert torch.backends.cudnn.allow_tf32 is False
    assert torch.backends.cuda.matmul.allow_tf32 is False
    assert torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction is False


@pytest.mark.parametrize(
    "words",
    [
        "CUDA out of memory. Tried to allocate 2.00 GiB.",
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "cuFFT error: CUFFT_ALLOC_FAILED",
        "GET was unable to find an engine to execute this computation",
        "HIP out of memory. Tried to allocate 2.00 GiB.",
        "miopenStatusAllocFailed",
        "CUDA error: HIPBLAS_STATUS_ALLOC_FAILED when calling `hipblasCreate(handle)`",
        "MPS backend out of memory (MPS allocated: 9.00 GB, max allowed: 9.07 GB)",
        "Invalid buffer size: 12.00 GiB",
    ],
)
def test_memory_that_runs_out_on_a_card_is_known(words: str) -> None:
    assert is_out_of_memory(RuntimeError(words))


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: device-side assert triggered",
        "CUDA error: an illegal memory access was encountered",
        "CUDA error: unspecified launch failure",
        "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`",
        "HIP error: invalid device function",
        "miopenStatusUnknownError",
    ],
)
def test_a_failure_of_a_card_is_known(words: str) -> None:
    problem = RuntimeError(words)
    assert is_device_failure(problem)
    assert not is_out_of_memory(problem)


@pytest.mark.parametrize("problem", [RuntimeError("shapes do not match"), ValueError("CUDA error")])
def test_other_failures_are_not_the_cards(problem: Exception) -> None:
    assert not is_device_failure(problem)
