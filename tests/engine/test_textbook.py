"""The preset ``textbook`` against the chapter's own code, step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torchvision
from PIL import Image
from torch import Tensor

from benchmarks import textbook_reference as reference
from neural_style.engine import Progress, StyleImage, Stylizer, Task
from neural_style.engine.picture.resize import resize_as_textbook
from neural_style.engine.presets import recipe_for
from neural_style_protocol.settings import Settings

Picture = Callable[..., Tensor]


def test_losses_and_iterates_follow_the_chapter(
    weights_file: Path, stylizer: Stylizer, picture: Picture
) -> None:
    content, style = picture("china", 96), picture("mosaic", 96)
    size = (content.shape[1], content.shape[2])
    normalised = [
        (resize_as_textbook(x, size).unsqueeze(0) - reference.MEAN) / reference.STD
        for x in (content, style)
    ]
    objective = reference.Objective(reference.load_network(weights_file), *normalised)
    expected = reference.train(objective, normalised[0], steps=5)
    found: list[float] = []

    def observe(progress: Progress, render: Callable[[], Tensor]) -> bool:
        found.append(progress.losses.total)
        return True

    settings = Settings(preset="textbook", size=96, iterations=5)
    outcome = stylizer.stylize(Task(content, (StyleImage(style),), settings), observe)
    assert found == pytest.approx(expected.curve, rel=1e-3)
    pixels = (expected.image * reference.STD + reference.MEAN).clamp(0, 1).squeeze(0)
    # Adam divides by the gradient's size, so rounding decides where that is nearly zero.
    assert (outcome.image - pixels).abs().mean().item() < 1e-3


def test_the_recipe_is_the_chapters() -> None:
    recipe = recipe_for(Settings(preset="textbook"), (1365, 2048))
    assert recipe.size == (300, 450)
    assert recipe.evaluations == 500
    assert recipe.precision == "single"


@pytest.mark.parametrize("size", [(300, 450), (45, 61)])
def test_resizing_is_torchvisions(picture: Picture, size: tuple[int, int]) -> None:
    pixels = picture("mosaic", 640)
    image = Image.fromarray((pixels.permute(1, 2, 0) * 255).round().byte().numpy())
    expected = torchvision.transforms.ToTensor()(torchvision.transforms.Resize(size)(image))
    difference = (resize_as_textbook(pixels, size) - expected).abs()
    assert difference.max().item() <= 1.01 / 255  # the two round halves differently
    assert difference.mean().item() < 0.1 / 255
