"""What a finer scale begins with: the styles' own detail, laid where it belongs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.objective.collecting import Cut, View, WeightedStyle
from neural_style.engine.objective.laid_detail import Coarser, laid_detail
from neural_style.engine.picture.canvas import Canvas
from neural_style.engine.picture.resize import resize
from neural_style.engine.presets import LAID_DETAIL, recipe_for
from neural_style.engine.scale_run import Painting
from neural_style.engine.share import Share, bands_of, whole
from neural_style.engine.starting import carried_paint
from neural_style_protocol.settings import Settings
from threads_sharing import side_by_side

SIZE = (96, 128)
HALF = (48, 64)


@pytest.fixture
def view(vgg64: Vgg) -> View:
    return View(vgg64, Architecture("replicate"), Cut(None, lambda: None))


@pytest.fixture
def style() -> Tensor:
    """(1, 3, h, w): blots of many sizes, so that every place looks different."""
    random = torch.Generator().manual_seed(3)
    sizes = [(6, 8), (24, 32), SIZE]
    layers = [torch.randn(1, 3, *size, generator=random, dtype=torch.float64) for size in sizes]
    return sum((resize(layer, SIZE) for layer in layers), torch.zeros(1, dtype=torch.float64))


def laid(view: View, paint: Tensor, *styles: WeightedStyle) -> Tensor:
    return laid_detail(view, Coarser(paint, whole(HALF[0])), styles, whole(SIZE[0]), SIZE[1])


def detail_of(style: Tensor) -> Tensor:
    return style - resize(resize(style, HALF), SIZE)


def test_a_small_copy_of_the_style_gets_its_detail_back(view: View, style: Tensor) -> None:
    found = laid(view, resize(style, HALF), WeightedStyle(style, 1.0))
    assert torch.allclose(found, detail_of(style), atol=1e-12)


def test_detail_goes_where_the_picture_looks_like_the_style(view: View, style: Tensor) -> None:
    """A picture of the style's lower half above its upper half; its seam is neither."""
    swapped = style.roll(SIZE[0] // 2, 2)
    found = laid(view, resize(swapped, HALF), WeightedStyle(style, 1.0))
    expected = detail_of(style).roll(SIZE[0] // 2, 2)
    inner = torch.cat((found[:, :, 16:32], found[:, :, 64:80]), 2)
    wanted = torch.cat((expected[:, :, 16:32], expected[:, :, 64:80]), 2)
    assert (inner - wanted).square().mean() < 0.05 * wanted.square().mean()


def test_several_styles_share(view: View, style: Tensor) -> None:
    other = style.flip(3)
    paint = resize(style, HALF)
    each = [laid(view, paint, WeightedStyle(image, 1.0)) for image in (style, other)]
    both = laid(view, paint, WeightedStyle(style, 0.25), WeightedStyle(other, 0.75))
    assert torch.allclose(both, 0.25 * each[0] + 0.75 * each[1], atol=1e-12)


def test_a_flat_style_has_none(view: View, style: Tensor) -> None:
    flat = torch.full_like(style, 0.5)
    assert laid(view, resize(style, HALF), WeightedStyle(flat, 1.0)).abs().max() < 1e-12


def test_what_is_left_out_is_laid_nowhere(view: View, style: Tensor) -> None:
    """The left half of the style is; its detail is five times as strong."""
    strong = style.clone()
    strong[..., :64] += 5 * detail_of(style)[..., :64]
    left_out = torch.zeros(1, *SIZE, dtype=torch.float64)
    left_out[..., :64] = 1
    paint = resize(strong, HALF)
    free = laid(view, paint, WeightedStyle(strong, 1.0))
    kept = laid(view, paint, WeightedStyle(strong, 1.0, left_out))
    assert free[..., :48].std() > 3 * detail_of(style).std()
    assert kept.std() < 1.5 * detail_of(style).std()


def test_a_picture_that_repeats_has_no_edge(view: View, style: Tensor) -> None:
    """Where such a picture is cut makes no difference."""
    view = replace(view, architecture=Architecture("circular"))
    paint = resize(style.roll((5, 9), (2, 3)), HALF)
    cut = laid(view, paint.roll((8, 16), (2, 3)), WeightedStyle(style, 1.0))
    uncut = laid(view, paint, WeightedStyle(style, 1.0))
    assert torch.allclose(cut, uncut.roll((16, 32), (2, 3)), atol=1e-10)


@pytest.mark.parametrize("count", [2, 3])
def test_processes_that_share_a_picture_lay_the_same(view: View, style: Tensor, count: int) -> None:
    paint = resize(style.flip(2), HALF)
    alone = laid(view, paint, WeightedStyle(style, 1.0))

    def own(share: Share) -> Tensor:
        coarse, fine = bands_of(share, HALF[0]), bands_of(share, SIZE[0])
        coarser = Coarser(paint[:, :, coarse.own.slice], coarse)
        return laid_detail(view, coarser, [WeightedStyle(style, 1.0)], fine, SIZE[1])

    assert torch.allclose(torch.cat(side_by_side(count, own), 2), alone, atol=1e-10)


def test_sizes_that_are_no_multiples(view: View, style: Tensor) -> None:
    paint = resize(style, (47, 65))
    coarser = Coarser(paint, whole(47))
    found = laid_detail(view, coarser, [WeightedStyle(style[..., :119], 1.0)], whole(95), 131)
    assert found.shape == (1, 3, 95, 131)
    assert found.isfinite().all()


@pytest.mark.parametrize(("strength", "share"), [(0, 0.0), (25, 0.0), (50, 0.9), (100, 1.0)])
def test_the_stronger_the_style_the_more(strength: float, share: float) -> None:
    """As far as the photograph's detail is not carried over."""
    recipe = recipe_for(Settings(strength=strength), (480, 640))
    most = recipe_for(Settings(strength=100), (480, 640)).laid_detail
    assert recipe.laid_detail == pytest.approx(share * most)
    assert recipe.carried_detail == pytest.approx(1 - share)


def test_textbook_has_none() -> None:
    assert recipe_for(Settings(preset="textbook"), (480, 640)).laid_detail == 0


def carried(vgg: Vgg, style: Tensor, strength: float, faces: Tensor | None = None) -> Tensor:
    """What a scale of SIZE begins with after a scale whose paint is a small copy of the style."""
    recipe = recipe_for(Settings(strength=strength), SIZE)
    if faces is not None:
        recipe = recipe.keeping(faces)
    small, large = torch.full((3, *HALF), 0.5).double(), torch.full((3, *SIZE), 0.5).double()
    before = Painting(Canvas(small, small, None), resize(style, HALF))
    styles = [WeightedStyle(style, 1.0)]
    return carried_paint(before, Canvas(large, large, None), lambda: styles, vgg, recipe)


def test_a_finer_scale_begins_with_it(vgg64: Vgg, style: Tensor) -> None:
    for strength, share in ((20.0, 0.0), (100.0, LAID_DETAIL)):
        expected = resize(resize(style, HALF), SIZE) + share * detail_of(style)
        assert torch.allclose(carried(vgg64, style, strength), expected, atol=1e-12)


def test_there_is_none_in_faces(vgg64: Vgg, style: Tensor) -> None:
    faces = torch.zeros(1, *SIZE)
    faces[:, 20:60, 30:70] = 1
    found = carried(vgg64, style, 100.0, faces) - resize(resize(style, HALF), SIZE)
    assert found[:, :, 20:60, 30:70].abs().max() < 1e-12
    assert torch.allclose(found[..., 72:], LAID_DETAIL * detail_of(style)[..., 72:], atol=1e-12)
