"""Every setting of the schema changes the picture, and in the direction that it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from neural_style.engine import Outcome, Progress, StyleImage, Stylizer, Task
from neural_style.engine.picture.recolour import luminance, match_colours
from neural_style.engine.presets import recipe_for
from neural_style.engine.terms.pixel import Smoothness
from neural_style_protocol.settings import SCHEMA, Settings

Picture = Callable[..., Tensor]
Make = Callable[..., Outcome]


@pytest.fixture(scope="module")
def content(picture: Picture) -> Tensor:
    return picture("china", 64)


@pytest.fixture(scope="module")
def make(stylizer: Stylizer, picture: Picture, content: Tensor) -> Make:
    style = StyleImage(picture("flower", 256))

    def make(**settings: float | str | bool) -> Outcome:
        chosen = Settings.from_dict({"iterations": 15, **settings})

        def observe(_progress: Progress, _render: Callable[[], Tensor]) -> bool:
            return True

        return stylizer.stylize(Task(content, (style,), chosen), observe)

    return make


def test_luminance_brings_back_the_contents_colours(make: Make, content: Tensor) -> None:
    def colour_error(image: Tensor) -> float:
        colours = (image - luminance(image)) - (content - luminance(content))
        return colours.square().mean().item()

    assert colour_error(make(preserve_colour="luminance").image) < 0.1 * colour_error(make().image)


def test_histogram_brings_back_the_contents_palette(make: Make, content: Tensor) -> None:
    free, kept = make().image, make(preserve_colour="histogram").image
    torch.testing.assert_close(kept, match_colours(free, content).clamp(0, 1))


def test_smoothness_smooths(make: Make) -> None:
    # Far enough that what differs is the optimum, not the way there.
    images = [make(smoothness=s, iterations=80).image for s in (0, 20, 100)]
    grain = [Smoothness(1.0).part(i[None], i.shape[1], 0, i.shape[1]).item() for i in images]
    assert grain == sorted(grain, reverse=True)
    assert grain[2] < 0.95 * grain[0]


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(25, (50, 50)), (100, (200, 200)), (200, (400, 400)), (300, (500, 500))],
)
def test_style_scale_sets_how_large_the_style_is_seen(
    percent: float, expected: tuple[int, int]
) -> None:
    """Relative to a picture of the area of 200 × 200, and never above its own 500 × 500."""
    recipe = recipe_for(Settings(style_scale=percent), (100, 400))
    assert recipe.style_size((500, 500), recipe.size) == expected


def test_style_scale_reaches_the_picture(make: Make) -> None:
    assert not torch.equal(make(style_scale=30).image, make(style_scale=300).image)


def test_opposite_edges_of_a_tileable_picture_meet(make: Make) -> None:
    """Its top goes on from its bottom about as its middle does; sky and trees do not."""

    def jump_at_the_edge(image: Tensor) -> float:
        rows = functional.avg_pool2d(image, 4)
        within = (rows[:, 1:] - rows[:, :-1]).square().mean()
        across = (rows[:, 0] - rows[:, -1]).square().mean()
        return (across / within).item()

    assert jump_at_the_edge(make(tileable=True).image) < 2
    assert jump_at_the_edge(make().image) > 4


def test_noise_follows_its_seed(make: Make) -> None:
    first, again = (make(initial="noise", seed=1).image for _ in range(2))
    other = make(initial="noise", seed=2).image
    assert torch.equal(first, again)
    assert (first - other).abs().mean() > 0.01


def test_a_still_picture_ends_as_converged(make: Make, content: Tensor) -> None:
    outcome = make(iterations=0, strength=1)
    assert outcome.ending == "converged"
    size = content.shape[1], content.shape[2]
    assert outcome.steps < recipe_for(Settings(), size).evaluations


OTHER_VALUES: dict[str, float | str | bool] = {
    "preset": "draft",
    "strength": 80.0,
    "size": 64,
    "preserve_colour": "luminance",
    "style_scale": 50.0,
    "smoothness": 90.0,
    "initial": "noise",
    "tileable": True,
    "iterations": 3,
    "seed": 5,
}
NOT_THE_ENGINES = {
    "weights",
    "device",
    "faces",
}  # the worker chooses the first two, and finds faces
ENGINES = [setting.name for setting in SCHEMA if setting.name not in NOT_THE_ENGINES]


@pytest.mark.parametrize("name", ENGINES)
def test_every_setting_changes_the_recipe(name: str) -> None:
    plain = Settings(preset="standard")
    changed = replace(plain, **{name: OTHER_VALUES[name]})  # type: ignore[arg-type]
    assert recipe_for(plain, (400, 600)) != recipe_for(changed, (400, 600))


@pytest.mark.parametrize("name", ENGINES)
def test_no_setting_is_ignored(stylizer: Stylizer, picture: Picture, name: str) -> None:
    """What is painted is another picture; with the same settings it is the same to the bit."""
    content, style = picture("china", 72), StyleImage(picture("flower", 128))
    plain: dict[str, float | str | bool] = {"iterations": 4}
    if name == "seed":
        plain["initial"] = "noise"  # nothing else is random
    if name == "preset":
        plain = {}  # it has its own number of evaluations, which is much of what it is
    if name == "smoothness":
        plain["iterations"] = 16  # in single precision it shows later than in 8-bit integers

    def paint(**settings: float | str | bool) -> Tensor:
        task = Task(content, (style,), Settings.from_dict({**plain, **settings}))
        return stylizer.stylize(task, lambda _progress, _render: True).image

    one, other = paint(), paint(**{name: OTHER_VALUES[name]})
    assert one.shape != other.shape or (one - other).abs().max() > 1e-3
