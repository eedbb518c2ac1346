"""A picture in the colours of a style, its light as it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from neural_style.engine import StyleImage, Stylizer, Task
from neural_style.engine.picture.palette import Palette, apply_palettes
from neural_style.engine.picture.recolour import luminance
from neural_style_protocol.settings import Settings

PAPER, INK = (0.96, 0.92, 0.80), (0.30, 0.22, 0.18)


def sepia(height: int, width: int) -> Tensor:
    """Ink on paper, and all between: (3, h, w)."""
    share = torch.rand(1, height, width, generator=torch.Generator().manual_seed(1))
    ink, paper = (torch.tensor(colour).view(3, 1, 1) for colour in (INK, PAPER))
    return torch.lerp(ink, paper, share)


def off_the_line(image: Tensor) -> float:
    """Root mean square distance of the colours from those between ink and paper."""
    ink, paper = (torch.tensor(colour).view(3, 1) for colour in (INK, PAPER))
    along = (paper - ink) / (paper - ink).norm()
    colours = image.flatten(1) - ink
    return float((colours - along * (along.T @ colours)).square().sum(0).mean().sqrt())


def only(image: Tensor) -> tuple[tuple[Palette, float], ...]:
    return ((Palette.of(image), 1.0),)


def test_light_stays_and_colours_become_the_styles(picture: Callable[..., Tensor]) -> None:
    photo = 0.2 + 0.6 * picture("coffee", 96)
    made = apply_palettes(photo.clone(), only(sepia(50, 50)), 1.0)
    assert off_the_line(photo) > 0.08
    assert off_the_line(made) < 0.02
    assert (luminance(made) - luminance(photo)).abs().max() < 0.01


def test_a_picture_in_its_own_colours_stays_as_it_is(picture: Callable[..., Tensor]) -> None:
    photo = picture("china", 96)
    assert (apply_palettes(photo.clone(), only(photo), 1.0) - photo).abs().max() < 1e-4


def test_half_the_way_is_half_the_way(picture: Callable[..., Tensor]) -> None:
    photo = 0.3 + 0.4 * picture("china", 96)
    none, half, all_ = (
        apply_palettes(photo.clone(), only(sepia(50, 50)), share) for share in (0.0, 0.5, 1.0)
    )
    assert torch.equal(none, photo)
    assert (half - (photo + all_) / 2).abs().max() < 1e-5


def test_several_styles_share(picture: Callable[..., Tensor]) -> None:
    photo = 0.3 + 0.4 * picture("china", 96)
    grey = torch.rand(1, 40, 40).expand(3, -1, -1)
    in_sepia, in_grey = (apply_palettes(photo.clone(), only(s), 1.0) for s in (sepia(50, 50), grey))
    both = ((Palette.of(sepia(50, 50)), 0.25), (Palette.of(grey), 0.75))
    made = apply_palettes(photo.clone(), both, 1.0)
    assert (made - (0.25 * in_sepia + 0.75 * in_grey)).abs().max() < 1e-5


def test_a_style_without_contrast_takes_none_away(picture: Callable[..., Tensor]) -> None:
    photo = picture("coffee", 96)
    made = apply_palettes(photo.clone(), only(torch.full((3, 20, 20), 0.5)), 1.0)
    assert luminance(made).std() > 0.95 * luminance(photo).std()
    assert (made - made.mean(0)).abs().max() < 0.06


def test_a_grain_of_colour_does_not_become_confetti(picture: Callable[..., Tensor]) -> None:
    grain = 0.01 * torch.randn(3, 80, 80, generator=torch.Generator().manual_seed(3))
    grain -= luminance(grain)
    photo = torch.rand(1, 80, 80).mul(0.4).add(0.3) + grain
    made = apply_palettes(photo.clone(), only(picture("gouache", 96)), 1.0)
    without = apply_palettes(photo - grain, only(picture("gouache", 96)), 1.0)
    assert (made - without).std() < 1.6 * grain.std()


def test_any_layout_and_size() -> None:
    """More rows than are changed at a time, and rows that do not follow one another."""
    photo = torch.rand(700, 3, 600, generator=torch.Generator().manual_seed(2)).permute(1, 0, 2)
    expected = apply_palettes(
        photo.clone(memory_format=torch.contiguous_format), only(sepia(9, 9)), 1.0
    )
    made = apply_palettes(photo, only(sepia(9, 9)), 1.0)
    assert made is photo
    assert (made - expected).abs().max() < 1e-5


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_left_to_be_seen(value: float) -> None:
    photo = torch.rand(3, 9, 9)
    photo[1, 4, 4] = value
    assert torch.equal(
        apply_palettes(photo.clone(), only(sepia(9, 9)), 1.0).isfinite(), photo.isfinite()
    )


def test_an_engravings_palette_is_kept(stylizer: Stylizer, picture: Callable[..., Tensor]) -> None:
    photo = picture("coffee", 96)
    task = Task(photo, (StyleImage(sepia(90, 120)),), Settings(size=96, iterations=12))
    made = stylizer.stylize(task, lambda _progress, _render: True).image
    assert off_the_line(made) < 0.02
