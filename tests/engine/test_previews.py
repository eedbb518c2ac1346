"""The picture itself goes through the sizes of its preview, and looks like it on the way."""

from __future__ import annotations

import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

import pictures
from neural_style.engine import StyleImage, Stylizer, Task
from neural_style.engine.presets import recipe_for
from neural_style_protocol.result_size import preview_size
from neural_style_protocol.settings import Settings

SIDE = 256
CONTENTS = [(1600, 1200), (683, 1024), (4200, 2801), (517, 333), (600, 400)]
SETTINGS = [Settings(preset="draft"), Settings(), Settings(preset="high"), Settings(size=3000)]


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("settings", SETTINGS)
def test_a_preview_has_the_first_sizes_of_its_picture(
    settings: Settings, content: tuple[int, int]
) -> None:
    width, height = preview_size(settings, *content, 640)
    own = [scale.size for scale in recipe_for(settings, content[::-1]).scales]
    small = Settings(preset="draft", size=max(width, height))
    assert [scale.size for scale in recipe_for(small, (height, width)).scales] == [
        size for size in own if max(size) <= 640
    ]


def painted(stylizer: Stylizer, settings: Settings, side: int) -> Tensor:
    """A photograph of ``side`` pixels, painted: (3, h, w)."""
    images = [pictures.opened(name) for name in ("china", "strokes")]
    size = side, round(side * images[0].height / images[0].width)
    content, style = (it.resize(size, Image.Resampling.BOX) for it in images)
    task = Task(
        content=tensor_of(content), styles=(StyleImage(tensor_of(style), 1.0),), settings=settings
    )
    return stylizer.stylize(task, lambda progress, render: True).image


def tensor_of(image: Image.Image) -> Tensor:
    return (
        torch.tensor(list(image.tobytes())).view(image.height, image.width, 3).permute(2, 0, 1)
        / 255
    )


def likeness(one: Tensor, other: Tensor, content: Tensor) -> float:
    """The correlation of two pictures' large forms, without those of the photograph."""
    forms = [large_forms(it) for it in (one, other, content)]
    left = [it - forms[2] * (it @ forms[2]) / (forms[2] @ forms[2]) for it in forms[:2]]
    return float(F.cosine_similarity(left[0], left[1], dim=0))


def large_forms(image: Tensor) -> Tensor:
    grey = F.interpolate(image.mean(0)[None, None], size=(85, 128), mode="area")
    blurred = [F.avg_pool2d(grey, n, 1, n // 2, count_include_pad=False) for n in (3, 11)]
    forms = (blurred[0] - blurred[1]).flatten()
    return forms - forms.mean()


@pytest.mark.slow
def test_the_picture_keeps_the_forms_of_its_refined_preview(stylizer: Stylizer) -> None:
    """More than those of a preview of any other size with fewer steps."""
    settings = Settings(size=SIDE, strength=75.0)
    picture = painted(stylizer, settings, SIDE)
    width, _height = preview_size(settings, *picture.shape[:0:-1], 160)
    content = tensor_of(pictures.opened("china"))
    refined = painted(stylizer, Settings(size=width, strength=75.0), width)
    other = painted(stylizer, Settings(preset="draft", size=112, strength=75.0), 112)
    values = [likeness(picture, it, content) for it in (refined, other)]
    assert values[0] > values[1] + 0.1
