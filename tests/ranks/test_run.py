"""A run over ranks is the usual run: one rank gives the same bits, and what differs is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from neural_style import weights
from neural_style.engine import Stylizer
from neural_style.engine.network.networks import Networks
from neural_style.engine.network.vgg import load_weights
from neural_style.engine.objective.fitted import RunContext
from neural_style.engine.objective.style_cache import StyleCache
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.plan.ways import Ways
from neural_style.engine.presets import recipe_for
from neural_style.engine.share import WHOLE, Share, whole
from neural_style.engine.task import StyleImage, Task
from neural_style.ranks.run import Content, Work, check_recipe, paint, untouched
from neural_style_protocol.errors import SettingsError
from neural_style_protocol.settings import Settings
from ranks.a_rank import picture

CPU = torch.device("cpu")
NOTES = {"fastest arithmetic": "float32"}


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return weights.ensure(tmp_path_factory.mktemp("weights"))


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        (Settings(preset="draft", iterations=3, size=72), (90, 110)),
        (Settings(preset="draft", iterations=3, initial="noise", preserve_colour="histogram"),
         (64, 70)),
        (Settings(preset="textbook", iterations=3, size=60), (50, 60)),
    ],
    ids=["default", "noise", "textbook"],
)  # fmt: skip
def test_one_rank_paints_what_the_stylizer_paints(
    weights_file: Path, settings: Settings, size: tuple[int, int]
) -> None:
    content, style = picture(*size, seed=1).float(), StyleImage(picture(60, 44, seed=2).float())
    stylizer = Stylizer(weights_file, device="cpu", notes=dict(NOTES))
    right = stylizer.stylize(Task(content, (style,), settings), lambda progress, render: True)

    recipe = recipe_for(settings, size)
    vgg = Networks(load_weights(weights_file), dict(NOTES)).on(CPU, recipe.precision)

    def context(share: Share) -> RunContext:
        return RunContext(
            plans=lambda size: [ExecutionPlan(CPU, None)],
            network=lambda plan: vgg,
            exact_network=lambda plan: vgg,
            notice=print,
            style_cache=StyleCache(),
            check=lambda: None,
            ways=Ways({}, ""),
        )

    work = Work(Content(content, whole(size[0])), ((style, 1.0),), recipe)
    steps: list[int] = []
    found = paint(work, context, lambda place, *_: steps.append(place.step))
    assert found.seen(recipe.colours).equal(right.image)
    assert steps == list(range(1, right.steps + 1))


def test_at_strength_0_the_result_is_the_content() -> None:
    content = picture(90, 60, seed=1).float()
    recipe = recipe_for(Settings(strength=0), (90, 60), (90, 60))
    assert untouched(Work(Content(content, whole(90)), (), recipe)).equal(content)


def test_what_cannot_be_divided_is_refused() -> None:
    with pytest.raises(SettingsError, match="repeats"):
        check_recipe(recipe_for(Settings(tileable=True), (90, 60)), (90, 60))
    smaller = recipe_for(Settings(preset="textbook", size=50), (90, 60))
    with pytest.raises(SettingsError, match="own size"):
        check_recipe(smaller, (90, 60))
    check_recipe(recipe_for(Settings(preset="textbook", size=90), (90, 60)), (90, 60))


def test_small_scales_are_computed_whole_by_each() -> None:
    recipe = recipe_for(Settings(), (90, 60))
    work = Work(Content(torch.zeros(3, 90, 60), whole(90)), (), recipe, least_rows=64)
    assert [work.bands_at(scale).share for scale in recipe.scales] == [WHOLE] * len(recipe.scales)
