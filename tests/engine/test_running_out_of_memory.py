"""Methods are chosen by the memory at hand, and left for leaner ones when it runs out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from neural_style.engine import Progress, Render, StyleImage, Stylizer, Task
from neural_style.engine import stylizer as stylizer_module
from neural_style.engine.minimise.steps import LbfgsSteps
from neural_style.engine.network.tiles.stages import Tiling
from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.fitted import FittedObjective, RunContext
from neural_style.engine.objective.objective import Evaluation, Objective
from neural_style.engine.objective.style_cache import StyleCache
from neural_style.engine.plan.execution_plan import ExecutionPlan, candidate_plans, peak_bytes
from neural_style.engine.plan.ladder import Ladder
from neural_style.engine.plan.memory import free_memory, is_out_of_memory
from neural_style.engine.plan.planner import plans_for
from neural_style.engine.plan.ways import Ways
from neural_style.engine.presets import PAINTING_TERMS, recipe_for
from neural_style.engine.terms.base import values_kept
from neural_style_protocol.errors import WorkerError
from neural_style_protocol.phrases import Phrase, amount
from neural_style_protocol.settings import Settings

CPU, GPU = torch.device("cpu"), torch.device("cuda")
LBFGS = LbfgsSteps(history=12, octaves=5)
GIGABYTE = 10**9
TARGETS = values_kept(PAINTING_TERMS)


def chosen(size: tuple[int, int], free: float) -> ExecutionPlan:
    return plans_for(size, CPU, torch.bfloat16, LBFGS, TARGETS, lambda device: int(free))[0]


def test_a_small_picture_is_computed_whole() -> None:
    assert chosen((600, 900), 16 * GIGABYTE).tile is None


def test_a_large_picture_is_cut_and_leaner_where_memory_is_shorter() -> None:
    rich = chosen((4000, 6000), 64 * GIGABYTE)
    middling = chosen((4000, 6000), 16 * GIGABYTE)
    poor = chosen((4000, 6000), 8 * GIGABYTE)
    assert rich.tile is not None
    assert (rich.kept, rich.low_memory) == (3, False)
    assert middling.kept < rich.kept
    assert poor.low_memory


def test_what_does_not_fit_at_all_is_refused_with_its_need() -> None:
    with pytest.raises(WorkerError, match=r"6000 × 4000 pixels, which takes about \d+\.\d GB"):
        chosen((4000, 6000), 1 * GIGABYTE)


def test_the_refusal_says_what_the_need_is_compared_with() -> None:
    size = (2000, 3000)
    plans = candidate_plans(size, CPU)
    needed = min(peak_bytes(plan, size, torch.bfloat16, LBFGS, TARGETS) for plan in plans)
    free = round(1.1 * needed)
    with pytest.raises(WorkerError) as refused:
        chosen(size, free)
    assert refused.value.sentence.endswith(
        f"which takes about {amount(needed)}. {amount(free)} are free, and "
        f"{amount(round(0.88 * needed))} of them can be used."
    )


@pytest.mark.parametrize("device", [CPU, GPU])
def test_each_rung_needs_less_memory_than_the_one_before(device: torch.device) -> None:
    for size in ((900, 1100), (4000, 6000), (8000, 9000)):
        plans = [plan for plan in candidate_plans(size, device) if plan.device == device]
        needs = [peak_bytes(m, size, torch.bfloat16, LBFGS, TARGETS) for m in plans]
        assert needs == sorted(needs, reverse=True)


def test_targets_that_are_kept_exactly_are_counted_as_such() -> None:
    size, lean = (2000, 3000), ExecutionPlan(CPU, 256, 1, low_memory=True)
    for plan, rounds in ((lean, True), (replace(lean, low_memory=False), False)):
        rounded, exact = (
            peak_bytes(plan, size, torch.float32, LBFGS, TARGETS, precision)
            for precision in ("fastest", "single")
        )
        assert exact - rounded == (2 * TARGETS * 6_000_000 if rounds else 0)


def test_only_a_picture_that_32_bits_can_index_is_computed_whole_on_a_card() -> None:
    for size, is_whole in (((5792, 5793), True), ((5793, 5793), False)):
        first = next(candidate_plans(size, GPU))
        assert (first.tile is None) == is_whole
        values_of_largest_map = 64 * size[0] * size[1]
        assert is_whole == (values_of_largest_map < 2**31)


def test_the_last_rungs_leave_the_graphics_card() -> None:
    devices = [plan.device.type for plan in candidate_plans((3000, 4000), GPU)]
    assert devices == sorted(devices, reverse=True)
    assert devices[-1] == "cpu"


def test_free_memory_is_some() -> None:
    assert free_memory(CPU) > 0


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError(), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("shapes do not match"), False),
        (ValueError("allocate"), False),
    ],
)
def test_only_memory_errors_count_as_such(problem: Exception, expected: bool) -> None:
    assert is_out_of_memory(problem) is expected


@pytest.fixture
def short_of_memory(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes the next evaluations run out of memory."""

    def shorten(evaluations: int) -> None:
        left = evaluations
        real = Objective.evaluate

        def failing(self: Objective, image: Tensor, loss_scale: float) -> Evaluation:
            nonlocal left
            left -= 1
            if left >= 0:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
            return real(self, image, loss_scale)

        monkeypatch.setattr(Objective, "evaluate", failing)

    return shorten


def test_stepping_down_changes_neither_the_losses_nor_the_iterate(
    vgg64: Vgg, short_of_memory: Callable[[int], None]
) -> None:
    recipe = recipe_for(Settings(), (64, 64))
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)).double()
    styles = [WeightedStyle(image.flip(-1), 1.0)]
    expected = build_objective(vgg64, recipe, image, styles).evaluate(image + 0.1)
    notices: list[Phrase] = []
    moved: list[ExecutionPlan] = []
    plans = [
        ExecutionPlan(CPU, None),
        ExecutionPlan(CPU, 64, 1),
        ExecutionPlan(CPU, 32, 0, low_memory=True),
    ]
    context = RunContext(
        plans=lambda size: plans,
        network=lambda plan: vgg64,
        exact_network=lambda plan: vgg64,
        notice=notices.append,
        style_cache=StyleCache(),
        check=lambda: None,
        ways=Ways({}, "float64"),
    )
    objective = FittedObjective(recipe, lambda device: styles, context)
    ladder = Ladder(plans, notices.append)

    def evaluate(plan: ExecutionPlan) -> Evaluation:
        return objective.evaluate(image + 0.1, plan, lambda: image)

    short_of_memory(2)
    found = ladder.within_memory(evaluate, objective.let_go, moved.append)
    assert ladder.plan == plans[2]
    assert moved == plans[1:]
    assert len(notices) == 2
    assert "tiles of 32 pixels" in str(notices[1])
    assert found.losses.total == pytest.approx(expected.losses.total, rel=1e-9)
    torch.testing.assert_close(found.gradient, expected.gradient)
    short_of_memory(1)
    with pytest.raises(RuntimeError, match="allocate"):
        ladder.within_memory(evaluate)


def test_running_out_again_on_the_way_takes_the_plan_after_that() -> None:
    plans = [ExecutionPlan(CPU, tile) for tile in (None, 64, 32)]
    moved: list[ExecutionPlan] = []

    def move(plan: ExecutionPlan) -> None:
        moved.append(plan)
        if plan == plans[1]:
            raise MemoryError

    def work(plan: ExecutionPlan) -> str:
        if plan == plans[0]:
            raise MemoryError
        return f"done in tiles of {plan.tile}"

    ladder = Ladder(plans, lambda notice: None)
    assert ladder.within_memory(work, move=move) == "done in tiles of 32"
    assert moved == plans[1:]
    assert ladder.within_memory(work, move=move) == "done in tiles of 32"
    assert moved == plans[1:]


def small_task(picture: Callable[..., Tensor]) -> Task:
    settings = Settings(preset="draft", size=48, iterations=3)
    return Task(picture("china", 48)[:, :32], (StyleImage(picture("strokes", 48)),), settings)


def tiny_plans(size: tuple[int, int], device: torch.device, *_: object) -> list[ExecutionPlan]:
    return [ExecutionPlan(device, 32, 1), ExecutionPlan(device, 16, 0, low_memory=True)]


def test_a_run_goes_on_after_running_out(
    stylizer: Stylizer,
    picture: Callable[..., Tensor],
    monkeypatch: pytest.MonkeyPatch,
    short_of_memory: Callable[[int], None],
) -> None:
    monkeypatch.setattr(stylizer_module, "plans_for", tiny_plans)
    notices: list[Phrase] = []

    def observe(progress: Progress, render: Render) -> bool:
        if progress.step == 1:
            short_of_memory(1)
        return True

    outcome = stylizer.stylize(small_task(picture), observe, on_notice=notices.append)
    assert outcome.steps == 3
    assert outcome.ending == "finished"
    assert len(notices) == 1


def test_a_run_out_of_ways_says_so(
    stylizer: Stylizer, picture: Callable[..., Tensor], short_of_memory: Callable[[int], None]
) -> None:
    short_of_memory(100)
    with pytest.raises(WorkerError, match="48 × 32 pixels"):
        stylizer.stylize(small_task(picture), lambda progress, render: True)


def test_a_stop_is_heard_between_two_tiles_and_keeps_the_picture(
    stylizer: Stylizer, picture: Callable[..., Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stylizer_module, "plans_for", tiny_plans)
    asked_after_second, seen = 0, []

    def observe(progress: Progress, render: Render) -> bool:
        seen.append((progress.step, render()))
        return True

    def should_stop() -> bool:
        nonlocal asked_after_second
        asked_after_second += len(seen) == 2
        return asked_after_second == 2

    outcome = stylizer.stylize(small_task(picture), observe, should_stop=should_stop)
    assert outcome.ending == "stopped"
    assert [step for step, _ in seen] == [1, 2, 2]
    torch.testing.assert_close(outcome.image, seen[-1][1])
    assert asked_after_second == 2


def test_a_run_in_tiles_ends_in_the_same_picture(
    stylizer: Stylizer, picture: Callable[..., Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same run whole and in tiles ends in the same picture, to rounding."""
    task = small_task(picture)
    whole = stylizer.stylize(task, lambda progress, render: True)
    monkeypatch.setattr(stylizer_module, "plans_for", tiny_plans)
    tiled = stylizer.stylize(task, lambda progress, render: True)
    assert float((whole.image - tiled.image).abs().mean()) < 0.01


@pytest.mark.parametrize(("caution", "tile"), [(0, 32), (1, 16), (9, 16)])
def test_what_may_have_cost_a_process_is_left_out(
    stylizer: Stylizer,
    picture: Callable[..., Tensor],
    monkeypatch: pytest.MonkeyPatch,
    caution: int,
    tile: int,
) -> None:
    used: set[int | None] = set()
    usual = ExecutionPlan.tiling

    def tiling(plan: ExecutionPlan, architecture: Architecture) -> Tiling:
        used.add(plan.tile)
        return usual(plan, architecture)

    monkeypatch.setattr(ExecutionPlan, "tiling", tiling)
    monkeypatch.setattr(stylizer_module, "plans_for", tiny_plans)
    task = small_task(picture)
    stylizer.stylize(task, lambda progress, render: True, caution=caution)
    assert used == {tile}
