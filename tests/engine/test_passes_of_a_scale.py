"""How often the network sees the content and the styles before the first evaluation of a scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from neural_style.engine import StyleImage, Stylizer, Task
from neural_style.engine.network.passes import Visit
from neural_style.engine.network.tiles.stages import Stage, Tiling
from neural_style.engine.network.tiles.vgg import TiledVgg
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.network.whole import WholeVgg
from neural_style.engine.objective import matched
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.style_cache import StyleCache
from neural_style.engine.presets import recipe_for
from neural_style_protocol.settings import Settings

TILES = (Stage(1, 2, 8), Stage(3, 3, 8), Stage(4, 4, 4), Stage(5, 5, 4))
SIZE = (48, 64)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """The images of all forward passes without a gradient."""
    images: list[Tensor] = []
    for kind in (WholeVgg, TiledVgg):
        forward = kind.forward

        def counted(
            passes: Any,
            image: Tensor,
            visit: Visit,
            *,
            for_gradient: bool = True,
            forward: Callable[..., Any] = forward,
        ) -> Any:
            if not for_gradient:
                images.append(image.clone())
            return forward(passes, image, visit, for_gradient=for_gradient)

        monkeypatch.setattr(kind, "forward", counted)
    return images


def times(seen: list[Tensor], image: Tensor) -> int:
    return sum(torch.equal(each, image) for each in seen)


def normal(seed: int, size: tuple[int, int] = SIZE) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, *size, generator=generator, dtype=torch.float64)


def build(
    vgg: Vgg, *styles: Tensor, tiling: Tiling | None = None, cache: StyleCache | None = None
) -> None:
    recipe = recipe_for(Settings(strength=40.0), SIZE)
    weighted = [WeightedStyle(style, 1 / len(styles)) for style in styles]
    build_objective(vgg, recipe, normal(0), weighted, tiling=tiling, cache=cache)


def test_each_image_passes_once(vgg64: Vgg, seen: list[Tensor]) -> None:
    styles = normal(1), normal(2, (40, 70))
    build(vgg64, *styles)
    assert [times(seen, image) for image in (normal(0), *styles)] == [1, 1, 1]
    assert len(seen) == 3


def test_a_style_that_is_known_passes_once(vgg64: Vgg, seen: list[Tensor]) -> None:
    cache = StyleCache()
    build(vgg64, normal(1), cache=cache)
    seen.clear()
    build(vgg64, normal(1), cache=cache)
    assert (times(seen, normal(1)), len(seen)) == (1, 2)


def test_of_large_images_small_copies_are_searched(
    vgg64: Vgg, seen: list[Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matched, "SEARCH_PIXELS", 1000)
    styles = normal(1), normal(2)
    build(vgg64, *styles)
    assert [times(seen, image) for image in (normal(0), *styles)] == [1, 1, 1]
    # A copy of the content, which serves both styles, and one of each style.
    assert len(seen) == 6


def test_in_tiles_a_style_passes_once_more_for_its_maps(vgg64: Vgg, seen: list[Tensor]) -> None:
    """And the search looks at both images whole, because its places must not depend on tiles."""
    styles = normal(1), normal(2)
    build(vgg64, *styles, tiling=TILES)
    assert [times(seen, image) for image in (normal(0), *styles)] == [2, 3, 3]
    assert len(seen) == 8


def test_a_run_sees_content_and_style_once_at_each_scale(
    stylizer: Stylizer, picture: Callable[..., Tensor], seen: list[Tensor]
) -> None:
    settings = Settings(preset="draft", size=140, iterations=1)
    scales = recipe_for(settings, (96, 140)).scales
    task = Task(picture("china", 140), (StyleImage(picture("strokes", 150)),), settings)
    stylizer.stylize(task, lambda progress, render: True)
    # Before a finer scale, the coarser paint is compared with a style of its size.
    assert len(seen) == 2 * len(scales) + 2 * (len(scales) - 1)
