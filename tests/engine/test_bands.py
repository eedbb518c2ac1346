"""What several processes compute of one picture is what one process computes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from neural_style.engine.minimise.convergence import CHECK_INTERVAL, ConvergenceCheck
from neural_style.engine.minimise.minimisers import minimiser_for
from neural_style.engine.minimise.preconditioner import PyramidPreconditioner
from neural_style.engine.minimise.steps import AdamSteps, LbfgsSteps
from neural_style.engine.network.tiles.stages import Stage, Tiling
from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.objective import matched
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.picture.banded_resize import resize_band
from neural_style.engine.picture.canvas import Canvas, Colours
from neural_style.engine.picture.palette import Palette
from neural_style.engine.picture.resize import resize
from neural_style.engine.presets import recipe_for
from neural_style.engine.recipe import Recipe
from neural_style.engine.share import Bands, Share, Span, bands_of, divided, whole
from neural_style.engine.terms.base import Term
from neural_style.engine.terms.content import Content
from neural_style.engine.terms.covariance import Covariance
from neural_style.engine.terms.grain import Grain
from neural_style.engine.terms.gram import Gram
from neural_style.engine.terms.moved_content import MovedContent
from neural_style.engine.terms.neighbours import Neighbours
from neural_style.engine.terms.pixel import Range, Smoothness, TotalVariation
from neural_style_protocol.settings import Settings
from threads_sharing import side_by_side

EXACT = 1e-10
COUNTS = [2, 3, 4]

MERGED = (Stage(1, 2, 16), Stage(3, 3, 8), Stage(4, 5, 4))
DEEPLY_MERGED = (Stage(1, 3, 8), Stage(4, 5, 4, keep=True))
BY_BLOCK = tuple(Stage(block, block, max(2, 16 >> (block - 1)), block > 3) for block in range(1, 6))

CONTENT = (("relu4_2", 0.7), ("conv3_2", 0.2), ("relu2_1", 0.1))
STYLE = (("relu1_1", 1.0), ("conv2_1", 0.5), ("relu3_1", 1.0), ("relu4_1", 2.0), ("conv5_1", 1.0))
LEFT_OUT = torch.zeros(1, 33, 70, dtype=torch.float64)
LEFT_OUT[:, 8:25, 30:50] = 1
EVERY_LOSS: tuple[Term, ...] = (
    *(Content(layer, weight, relative=True) for layer, weight in CONTENT),
    *(Gram(layer, weight, relative=True) for layer, weight in STYLE),
    *(MovedContent(layer, weight, relative=True, moved=0.6) for layer, weight in CONTENT),
    *(Neighbours(layer, weight, relative=True, moved=0.6) for layer, weight in CONTENT),
    *(Covariance(layer, weight) for layer, weight in STYLE),
    TotalVariation(0.3),
    Smoothness(0.2),
    Grain(0.5),
    Range(10.0),
)


def noise(height: int, width: int, seed: int, spread: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return spread * torch.randn(1, 3, height, width, generator=generator, dtype=torch.float64)


def recipe(architecture: Architecture) -> Recipe:
    made = recipe_for(Settings(), (64, 64))
    return replace(made, terms=EVERY_LOSS, architecture=architecture)


def own(picture: Tensor, bands: Bands) -> Tensor:
    return picture[..., bands.own.slice, :]


def joined(count: int, height: int, work: Callable[[Bands], Tensor]) -> Tensor:
    """The rows that each process makes of its band, one below the other."""
    return torch.cat(side_by_side(count, lambda share: work(bands_of(share, height))), -2)


def distance(found: Tensor, right: Tensor) -> float:
    return float((found - right).norm() / right.norm())


@pytest.mark.parametrize("height", [64, 75, 97, 130, 1000])
@pytest.mark.parametrize("count", COUNTS)
def test_bands_cover_a_picture_and_begin_where_no_pooling_joins_them(
    count: int, height: int
) -> None:
    spans = side_by_side(count, lambda share: bands_of(share, height).spans)[0]
    assert [row for span in spans for row in range(span.start, span.stop)] == list(range(height))
    assert all(span.start % 16 == 0 for span in spans)
    assert max(map(len, spans)) - min(map(len, spans)) < 32


def test_a_picture_with_too_few_rows_is_not_divided() -> None:
    def refused(share: Share) -> tuple[Span, bool]:
        with pytest.raises(ValueError, match="47 rows"):
            bands_of(share, 47)
        bands = divided(share, 47)
        return bands.own, bands.are_one

    assert side_by_side(3, refused) == [(Span(0, 47), True)] * 3


@pytest.mark.parametrize(
    ("count", "tiling", "size"),
    [
        (2, MERGED, (75, 41)),
        (3, DEEPLY_MERGED, (64, 40)),
        (4, BY_BLOCK, (71, 37)),
    ],
)
@pytest.mark.parametrize(
    "architecture", [Architecture("zeros", "max"), Architecture("replicate", "average")]
)
def test_every_loss_and_the_gradient_are_exact(
    vgg64: Vgg,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    tiling: Tiling,
    size: tuple[int, int],
    architecture: Architecture,
) -> None:
    monkeypatch.setattr(matched, "SEARCH_PIXELS", 2000)
    content = noise(*size, seed=1)
    image = content + noise(*size, seed=2, spread=0.3)
    styles = [
        WeightedStyle(noise(70, 38, seed=3), 0.6),
        WeightedStyle(noise(33, 70, seed=4), 0.4, LEFT_OUT),
    ]
    made = recipe(architecture)
    right = build_objective(vgg64, made, content, styles).evaluate(image)

    def evaluated(share: Share) -> tuple[dict[str, float], Tensor]:
        bands = bands_of(share, size[0])
        objective = build_objective(
            vgg64, made, own(content, bands), styles, tiling=tiling, bands=bands
        )
        found = objective.evaluate(own(image, bands))
        return dict(found.losses.terms), found.gradient

    found = side_by_side(count, evaluated)
    assert all(losses == found[0][0] for losses, _ in found)
    assert list(found[0][0]) == list(right.losses.terms)
    for name, expected in right.losses.terms.items():
        assert found[0][0][name] == pytest.approx(expected, rel=EXACT), name
    assert distance(torch.cat([gradient for _, gradient in found], 2), right.gradient) <= EXACT


def test_a_picture_that_repeats_is_not_divided(vgg64: Vgg) -> None:
    made = recipe(Architecture("circular", "max"))
    content = noise(64, 40, seed=1)
    styles = [WeightedStyle(noise(45, 38, seed=3), 1.0)]

    def refused(share: Share) -> str:
        bands = bands_of(share, 64)
        with pytest.raises(ValueError, match="repeats"):
            build_objective(vgg64, made, own(content, bands), styles, tiling=BY_BLOCK, bands=bands)
        return "refused"

    assert side_by_side(2, refused) == ["refused"] * 2


@pytest.mark.parametrize("size", [(97, 53), (96, 64), (101, 37)])
@pytest.mark.parametrize("count", COUNTS)
def test_the_preconditioner_is_exact(count: int, size: tuple[int, int]) -> None:
    gradient = noise(*size, seed=1)
    right = PyramidPreconditioner(5, 3.0, 0.5)(gradient)
    found = joined(
        count,
        size[0],
        lambda bands: PyramidPreconditioner(5, 3.0, 0.5, bands)(own(gradient, bands)),
    )
    assert distance(found, right) < 1e-13


@pytest.mark.parametrize("target", [(64, 40), (150, 99), (97, 20), (200, 53), (17, 16), (97, 53)])
@pytest.mark.parametrize("count", COUNTS)
def test_resizing_is_exact(count: int, target: tuple[int, int]) -> None:
    picture = noise(97, 53, seed=1)

    def resized(bands: Bands) -> Tensor:
        return resize_band(own(picture, bands), bands, bands.resized(target[0]), target[1])

    assert distance(joined(count, 97, resized), resize(picture, target)) < 1e-13


def test_each_process_resizes_what_all_have_to_its_own_rows() -> None:
    picture = noise(40, 53, seed=1)
    found = joined(3, 97, lambda bands: resize_band(picture, whole(40), bands, 70))
    assert distance(found, resize(picture, (97, 70))) < 1e-13


@pytest.mark.parametrize(
    "steps", [LbfgsSteps(6, 4, 3.0, 0.5), AdamSteps(0.1, 0.8, 10)], ids=["lbfgs", "adam"]
)
@pytest.mark.parametrize("count", COUNTS)
def test_the_minimisers_take_the_same_steps(count: int, steps: LbfgsSteps | AdamSteps) -> None:
    start, target, curvature = noise(70, 33, 1), noise(70, 33, 2), noise(70, 33, 3).abs() + 0.1

    def minimised(bands: Bands) -> Tensor:
        point = minimiser_for(steps, own(start, bands), 30, bands)
        for step in range(24):
            away = own(curvature, bands) * (point.point.detach() - own(target, bands))
            loss = bands.share.total((away * away).sum().view(1)).item()
            if step == 11:  # one that must be undone, because of one process's gradient
                away = torch.where(torch.tensor(bands.own.start == 0), torch.nan, away)
            point.advance(loss, point.measure(away).tolist())
        return point.best

    right = minimised(whole(70))
    assert distance(right, start) > 0.1
    assert distance(joined(count, 70, minimised), right) < EXACT


@pytest.mark.parametrize("count", COUNTS)
def test_convergence_is_of_the_whole_picture(count: int) -> None:
    """One band stands still, and the others do not."""
    before, after = noise(70, 33, 1, 0.2), noise(70, 33, 1, 0.2)
    after[:, :, 20:] += 0.05

    def change(bands: Bands) -> Tensor:
        check = ConvergenceCheck(0.6, bands.share)
        for image in [before] * CHECK_INTERVAL + [after] * CHECK_INTERVAL:
            found = check.look(own(image, bands))
            check.reached(found.tolist())
        return found.view(1, 1)

    right = change(whole(70))
    assert float(right) > 0
    assert joined(count, 70, change).flatten().tolist() == pytest.approx([float(right)] * count)


@pytest.mark.parametrize("preserved", ["off", "luminance", "histogram"])
@pytest.mark.parametrize("count", COUNTS)
def test_the_colours_are_those_of_the_whole_picture(
    monkeypatch: pytest.MonkeyPatch, count: int, preserved: str
) -> None:
    monkeypatch.setattr("neural_style.engine.picture.palette.SAMPLED_PIXELS", 400)
    content = noise(75, 41, 1).squeeze(0).sigmoid()
    content[0, 40:] *= 0.3
    paint = noise(75, 41, 2)
    palettes = ((Palette.of(noise(30, 30, 3).squeeze(0).sigmoid()), 1.0),)
    colours = Colours(0.8, preserved)  # type: ignore[arg-type]
    right = Canvas(content, content, None, palettes).seen(paint, colours)

    def seen(bands: Bands) -> Tensor:
        pixels = own(content, bands)
        return Canvas(pixels, pixels, None, palettes, bands=bands).seen(own(paint, bands), colours)

    assert distance(joined(count, 75, seen), right) < 1e-6
