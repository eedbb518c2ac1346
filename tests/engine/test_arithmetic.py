"""The fastest arithmetic is found on a busy machine too, and stays what it was found to be."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from pathlib import Path

import pytest
import torch
from torch import Tensor

from neural_style.engine.network import arithmetic
from neural_style.engine.network.arithmetic import (
    ARITHMETICS,
    QUESTION,
    arithmetic_named,
    fastest_arithmetic,
)
from neural_style.engine.network.int8 import suitable
from neural_style.engine.network.int8.product import GradientConvolution
from neural_style.engine.network.int8.suitable import integer_layer
from neural_style.engine.network.int8.vgg import QuantisableVgg
from neural_style.engine.network.networks import Networks
from neural_style.engine.network.timing import HOPELESS, ROUNDS, processor_seconds
from neural_style.engine.network.vgg import Vgg, load_weights
from neural_style.engine.network.winograd.vgg import WinogradVgg
from neural_style.engine.presets import recipe_for
from neural_style_protocol.errors import SettingsError
from neural_style_protocol.settings import Settings

CPU = torch.device("cpu")
FEWER = "fewer products in float32"
BUSY = (1.0, 1.9, 1.0, 1.7, 1.0)
"""What a busy machine makes of a time: two rounds of five are spoilt."""


class Processor:
    """A pretended processor with a clock: each way of computing takes its seconds."""

    def __init__(
        self,
        seconds: Mapping[str, float],
        spoilt: Callable[[], Iterator[float]] = lambda: cycle((1.0,)),
    ) -> None:
        self.now = 0.0
        self.computed: list[str] = []
        self._seconds = seconds
        self._spoilt = {name: spoilt() for name in seconds}

    def clock(self) -> float:
        return self.now

    def way(self, name: str) -> Callable[[], Tensor]:
        def compute() -> Tensor:
            self.computed.append(name)
            self.now += self._seconds[name] * next(self._spoilt[name])
            return torch.zeros(())

        return compute

    def ways(self) -> dict[str, Callable[[], Tensor]]:
        return {name: self.way(name) for name in self._seconds}


def found_on(
    monkeypatch: pytest.MonkeyPatch, processor: Processor, notes: dict[str, str] | None = None
) -> str:
    """The name of the arithmetic that is chosen on a pretended processor."""
    plain = {torch.float32: "float32", torch.bfloat16: "bfloat16"}
    monkeypatch.setattr(arithmetic, "_plain_layer", lambda x: processor.way(plain[x.dtype]))
    monkeypatch.setattr(arithmetic, "_layer_with_fewer_products", lambda x: processor.way(FEWER))
    monkeypatch.setattr(
        arithmetic, "integer_layer", lambda x: processor.way(f"integers in {plain[x.dtype]}")
    )
    found = fastest_arithmetic(CPU, {} if notes is None else notes, processor.clock)
    return next(name for name, each in ARITHMETICS.items() if each == found)


PROCESSORS = {
    "with bfloat16 and VNNI": (
        {"float32": 4.0, FEWER: 2.8, "bfloat16": 2.0, "integers in bfloat16": 1.0},
        "integers in bfloat16",
    ),
    "with bfloat16 alone": (
        {"float32": 4.0, FEWER: 2.8, "bfloat16": 2.0, "integers in bfloat16": 9.0},
        "bfloat16",
    ),
    "with VNNI alone": (
        {"float32": 4.0, FEWER: 2.0, "bfloat16": 32.0, "integers in float32": 1.5},
        "integers in float32",
    ),
    "with hardly quicker integers": (
        {"float32": 4.0, FEWER: 2.0, "bfloat16": 32.0, "integers in float32": 1.75},
        FEWER,
    ),
    "with hardly quicker bfloat16": (
        {"float32": 4.0, FEWER: 4.5, "bfloat16": 3.5, "integers in float32": 5.0},
        "float32",
    ),
    "with a slow library of matrix products": (
        {"float32": 4.0, FEWER: 3.7, "bfloat16": 32.0, "integers in float32": 9.0},
        "float32",
    ),
}


@pytest.mark.parametrize("name", PROCESSORS)
@pytest.mark.parametrize("spoilt", [(1.0,), BUSY], ids=["idle", "busy"])
def test_the_fastest_is_chosen_if_it_is_clearly_so(
    monkeypatch: pytest.MonkeyPatch, name: str, spoilt: tuple[float, ...]
) -> None:
    seconds, right = PROCESSORS[name]
    assert found_on(monkeypatch, Processor(seconds, lambda: cycle(spoilt))) == right


def test_a_busy_machine_does_not_change_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty starts, with times that are up to a tenth too long, and some thrice as long."""
    chance = random.Random(1)

    def times() -> Iterator[float]:
        while True:
            yield (3.0 if chance.random() < 0.05 else 1.0) * (1 + 0.1 * chance.random())

    seconds, right = PROCESSORS["with VNNI alone"]
    found = {found_on(monkeypatch, Processor(seconds, times)) for _ in range(20)}
    assert found == {right}


def test_ways_take_turns_and_the_middle_counts() -> None:
    processor = Processor({"one": 1.0, "other": 2.0}, lambda: cycle(BUSY))
    found = processor_seconds(processor.ways(), processor.clock)
    assert processor.computed == ["one", "other"] * (1 + ROUNDS)
    assert found == pytest.approx({"one": 1.0, "other": 2.0})


def test_a_hopeless_way_is_not_timed_again() -> None:
    processor = Processor({"one": 1.0, "slow": 2 * HOPELESS})
    found = processor_seconds(processor.ways(), processor.clock)
    assert processor.computed.count("slow") == 2
    assert found["slow"] == pytest.approx(2 * HOPELESS)


def test_the_number_of_threads_is_as_it_was() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        seen = []
        processor_seconds({"one": lambda: seen.append(torch.get_num_threads())})
        assert set(seen) == {1}
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_the_choice_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """On another day the machine may be so busy that another would win."""
    notes: dict[str, str] = {}
    seconds, right = PROCESSORS["with VNNI alone"]
    assert found_on(monkeypatch, Processor(seconds), notes) == right
    other = Processor({"float32": 1.0, FEWER: 9.0, "bfloat16": 9.0, "integers in float32": 9.0})
    assert found_on(monkeypatch, other, notes) == right
    assert other.computed == []


def test_a_damaged_note_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = {QUESTION: "decimal"}
    seconds, right = PROCESSORS["with bfloat16 alone"]
    assert found_on(monkeypatch, Processor(seconds), notes) == right
    assert notes == {QUESTION: right}


def test_this_processor_has_a_fastest_arithmetic() -> None:
    notes: dict[str, str] = {}
    found = fastest_arithmetic(CPU, notes)
    assert ARITHMETICS[notes[QUESTION]] == found


@pytest.mark.parametrize("name", ARITHMETICS)
def test_only_the_fastest_arithmetic_rounds(weights_file: Path, name: str) -> None:
    networks = Networks(load_weights(weights_file), {QUESTION: name})
    fastest = networks.on(CPU, "fastest")
    assert fastest.dtype == networks.dtype("fastest", CPU) == ARITHMETICS[name].dtype
    assert isinstance(fastest, QuantisableVgg) == name.startswith("integers")
    assert isinstance(fastest, WinogradVgg) == name.startswith("fewer")
    assert networks.on(CPU, "fastest") is fastest
    assert type(networks.on(CPU, "single")) is Vgg
    assert networks.dtype("single", CPU) == torch.float32


def test_the_same_network_is_loaded_once(weights_file: Path) -> None:
    networks = Networks(load_weights(weights_file), {QUESTION: "float32"})
    assert networks.on(CPU, "single") is networks.on(CPU, "fastest")


@pytest.mark.parametrize("name", ARITHMETICS)
def test_an_arithmetic_is_given_by_its_name(weights_file: Path, name: str) -> None:
    """As if this processor had found it the fastest, on which it depends no more."""
    tensors = load_weights(weights_file)
    other = "float32" if name == "bfloat16" else "bfloat16"
    networks = Networks(tensors, {QUESTION: other})
    given = networks.on(CPU, name)
    assert networks.arithmetic(name, CPU) == ARITHMETICS[name]
    assert type(given) is type(Networks(tensors, {QUESTION: name}).on(CPU, "fastest"))
    assert (given.dtype, networks.name(name, CPU)) == (ARITHMETICS[name].dtype, name)
    assert networks.name("fastest", CPU) == other
    assert networks.name("single", CPU) == "float32"


def test_an_arithmetic_that_does_not_exist() -> None:
    with pytest.raises(SettingsError, match="no arithmetic called 'decimal'") as refused:
        arithmetic_named("decimal", CPU)
    assert "bfloat16, float16, integers in float32" in refused.value.next_step


def test_an_arithmetic_that_a_processor_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arithmetic, "integer_layer", lambda x: None)
    for name in ("integers in float32", "integers in bfloat16"):
        with pytest.raises(SettingsError, match=f"cannot compute in the arithmetic.*{name}"):
            arithmetic_named(name, CPU)
    for name in ("float32", "fewer products in float32", "bfloat16"):
        assert arithmetic_named(name, CPU) == ARITHMETICS[name]


def test_a_recipe_in_single_precision_stays_in_it() -> None:
    size = (64, 64)
    textbook, usual = (recipe_for(Settings(preset=p), size) for p in ("textbook", "draft"))
    assert textbook.computed_in("bfloat16").precision == "single"
    assert usual.computed_in("bfloat16").precision == "bfloat16"
    assert usual.computed_in("") is usual


def largest_sums_are_whole() -> bool:
    """Where only AVX2 is, two products of the highest levels are too much for 16 bits."""
    ways = suitable._int8_convolutions(torch.ones(1, 64, 8, 8))
    return all(way().amax() > 0.9 * 9 * 64 for way in ways)


def test_sums_that_overflow_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither this processor's own, if it loses their highest digits, nor made-up ones."""

    class Overflowing(GradientConvolution):
        def __call__(self, *args: object, **kwargs: object) -> Tensor:
            return super().__call__(*args, **kwargs).clamp(-1000, 1000)  # type: ignore[arg-type]

    x = arithmetic.sample_input(torch.float32)
    assert (integer_layer(x) is not None) == largest_sums_are_whole()
    monkeypatch.setattr(suitable, "GradientConvolution", Overflowing)
    assert integer_layer(x) is None


def test_a_torch_without_the_kernels_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> Tensor:
        raise RuntimeError("Could not run 'onednn::qconv_prepack'")

    monkeypatch.setattr(torch.ops.onednn, "qconv_prepack", missing)
    assert integer_layer(arithmetic.sample_input(torch.bfloat16)) is None
