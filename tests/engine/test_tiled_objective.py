"""The tiled objective equals the whole one: losses and gradient, at any size and however cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from neural_style.engine.network.tiles.stages import Stage, Tiling
from neural_style.engine.network.vgg import Architecture, Vgg, load_weights
from neural_style.engine.objective import matched
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.objective.loss_scale import LossScale
from neural_style.engine.objective.objective import Evaluation
from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.presets import PAINTING_TERMS, TEXTBOOK_TERMS, recipe_for
from neural_style.engine.recipe import Recipe
from neural_style.engine.terms.base import Term
from neural_style.engine.terms.content import Content
from neural_style.engine.terms.covariance import Covariance
from neural_style.engine.terms.grain import Grain
from neural_style.engine.terms.gram import Gram
from neural_style.engine.terms.moved_content import MovedContent
from neural_style.engine.terms.neighbours import Neighbours
from neural_style.engine.terms.pixel import Range, Smoothness, TotalVariation
from neural_style.engine.terms.temporal import Temporal
from neural_style_protocol.settings import Settings

EXACT = 1e-10
TEXTBOOK_NETWORK = Architecture("zeros", "max")


def by_block(tile: int, keep: tuple[int, ...] = ()) -> Tiling:
    """One stage per block, tiles of ``tile`` pixels of the picture."""
    return tuple(Stage(b, b, max(2, tile >> (b - 1)), b in keep) for b in range(1, 6))


ONE_TILE = by_block(4096)
MERGED = (Stage(1, 2, 16), Stage(3, 3, 8), Stage(4, 5, 4))
DEEPLY_MERGED = (Stage(1, 3, 8), Stage(4, 5, 4, keep=True))
EVERYTHING_AT_ONCE = (Stage(1, 5, 3),)
KEPT = by_block(16, keep=(1, 4, 5))

CONTENT = (("relu4_2", 0.7), ("conv3_2", 0.2), ("relu2_1", 0.1))
STYLE = (
    *(("relu1_1", 1.0), ("conv2_1", 0.5), ("relu3_1", 1.0)),
    *(("relu4_1", 2.0), ("conv5_1", 1.0)),
)
EARLIER = 0.3 * torch.randn(
    1, 3, 41, 51, generator=torch.Generator().manual_seed(8), dtype=torch.float64
)
TRUST = torch.rand(1, 1, 41, 51, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
FACES = torch.rand(1, 30, 40, generator=torch.Generator().manual_seed(10), dtype=torch.float64)
LEFT_OUT = torch.zeros(1, 33, 70, dtype=torch.float64)
LEFT_OUT[:, 8:25, 30:50] = 1
EVERY_LOSS: tuple[Term, ...] = (
    *(Content(layer, weight, relative=True) for layer, weight in CONTENT),
    *(Gram(layer, weight, relative=True) for layer, weight in STYLE),
    *(MovedContent(layer, weight, relative=True, moved=0.6) for layer, weight in CONTENT),
    *(Neighbours(layer, weight, relative=True, moved=0.6) for layer, weight in CONTENT),
    *(Neighbours(layer, weight, relative=True, faces=FACES) for layer, weight in CONTENT),
    *(Covariance(layer, weight) for layer, weight in STYLE),
    TotalVariation(0.3),
    Smoothness(0.2),
    Grain(0.5),
    Range(10.0),
    Temporal(5.0, EARLIER, TRUST),
)


def noise(height: int, width: int, seed: int, spread: float = 1.0) -> Tensor:
    """(1, 3, h, w) float64, partly out of what a picture can show."""
    generator = torch.Generator().manual_seed(seed)
    return spread * torch.randn(1, 3, height, width, generator=generator, dtype=torch.float64)


def recipe(terms: tuple[Term, ...], architecture: Architecture = TEXTBOOK_NETWORK) -> Recipe:
    made = recipe_for(Settings(), (64, 64))
    return replace(made, terms=terms, architecture=architecture)


def evaluations(
    vgg: Vgg, recipe: Recipe, size: tuple[int, int], *tilings: Tiling
) -> tuple[Evaluation, list[Evaluation]]:
    """At one image: computed whole, and computed with each of the tilings."""
    content = noise(*size, seed=1).to(vgg.dtype).to(torch.promote_types(vgg.dtype, torch.float32))
    image = content + noise(*size, seed=2, spread=0.3).to(content.dtype)
    styles = [
        WeightedStyle(noise(45, 38, seed=3).to(content.dtype), 0.6),
        WeightedStyle(noise(33, 70, seed=4).to(content.dtype), 0.4, LEFT_OUT),
    ]
    whole = build_objective(vgg, recipe, content, styles).evaluate(image)
    return whole, [
        build_objective(vgg, recipe, content, styles, tiling=tiling).evaluate(image)
        for tiling in tilings
    ]


def assert_equal(tiled: Evaluation, whole: Evaluation, tolerance: float) -> None:
    assert list(tiled.losses.terms) == list(whole.losses.terms)
    for name, expected in whole.losses.terms.items():
        assert tiled.losses.terms[name] == pytest.approx(expected, rel=tolerance), name
    assert tiled.losses.total == pytest.approx(whole.losses.total, rel=tolerance)
    error = (tiled.gradient - whole.gradient).norm() / whole.gradient.norm()
    assert tiled.gradient.dtype == whole.gradient.dtype
    assert float(error) <= tolerance


@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize("padding", ["zeros", "replicate"])
def test_every_loss_and_the_gradient_are_exact(vgg64: Vgg, padding: str, pooling: str) -> None:
    architecture = Architecture(padding, pooling)  # type: ignore[arg-type]
    whole, tiled = evaluations(
        vgg64,
        recipe(EVERY_LOSS, architecture),
        (41, 51),
        by_block(16),
        MERGED,
        DEEPLY_MERGED,
        EVERYTHING_AT_ONCE,
        KEPT,
    )
    for evaluation in tiled:
        assert_equal(evaluation, whole, EXACT)


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_pictures_that_repeat_are_exact(vgg64: Vgg, pooling: str) -> None:
    architecture = Architecture("circular", pooling)  # type: ignore[arg-type]
    whole, tiled = evaluations(
        vgg64, recipe(EVERY_LOSS, architecture), (41, 51), by_block(16), ONE_TILE, KEPT
    )
    for evaluation in tiled:
        assert_equal(evaluation, whole, EXACT)


def test_a_picture_too_large_to_search_is_exact(
    vgg64: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matched, "SEARCH_PIXELS", 700)
    terms = (Neighbours("relu3_1", 1.0), Neighbours("relu4_1", 0.5), Neighbours("relu1_1", 0.5))
    whole, tiled = evaluations(vgg64, recipe(terms), (41, 51), by_block(16), DEEPLY_MERGED)
    assert whole.losses.total > 0
    for evaluation in tiled:
        assert_equal(evaluation, whole, EXACT)


LARGE = pytest.param((150, 214), 128, PAINTING_TERMS, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("size", "tile", "terms"),
    [((97, 131), 64, TEXTBOOK_TERMS), ((16, 35), 16, PAINTING_TERMS), LARGE],
)
def test_odd_sizes_are_exact(
    vgg64: Vgg, size: tuple[int, int], tile: int, terms: tuple[Term, ...]
) -> None:
    whole, (tiled,) = evaluations(vgg64, recipe(terms), size, by_block(tile))
    assert_equal(tiled, whole, EXACT)


ALONE: list[tuple[Term, ...]] = [
    (Gram("relu5_1", 1.0),),
    (Gram("relu1_1", 1.0),),
    (Content("relu4_4", 1.0),),
    (Content("relu3_1", 2.0, relative=True), Gram("relu3_1", 1.0, relative=True)),
]


@pytest.mark.parametrize("terms", ALONE)
def test_each_term_alone_is_exact(vgg64: Vgg, terms: tuple[Term, ...]) -> None:
    whole, tiled = evaluations(
        vgg64, recipe(terms), (37, 52), by_block(16), MERGED, EVERYTHING_AT_ONCE
    )
    for evaluation in tiled:
        assert_equal(evaluation, whole, EXACT)


@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [(torch.float32, 1e-4), (torch.bfloat16, 5e-2), (torch.float16, 1e-2)],
    ids=str,
)
def test_lower_precisions_agree_to_rounding(
    weights_file: Path, picture: Callable[..., Tensor], dtype: torch.dtype, tolerance: float
) -> None:
    vgg = Vgg(load_weights(weights_file), torch.device("cpu"), dtype)
    content = normalise(picture("coffee", 96)).unsqueeze(0)
    styles = [WeightedStyle(normalise(picture("strokes", 80)).unsqueeze(0), 1.0)]
    made = recipe(PAINTING_TERMS, Architecture("replicate", "average"))
    image = content + 0.2 * noise(*content.shape[-2:], seed=5).float()
    scale = LossScale(dtype, image.shape[2] * image.shape[3]).value
    whole = build_objective(vgg, made, content, styles).evaluate(image, scale)
    tiled = build_objective(vgg, made, content, styles, tiling=by_block(32)).evaluate(image, scale)
    assert_equal(tiled, whole, tolerance)


def test_a_check_that_raises_ends_it_between_two_tiles(vgg64: Vgg) -> None:
    class Enough(Exception):
        pass

    checks = 0

    def check() -> None:
        nonlocal checks
        checks += 1
        if checks == allowed:
            raise Enough

    allowed = -1
    content = noise(64, 64, seed=1)
    styles = [WeightedStyle(content, 1.0)]
    made = recipe((Gram("relu1_1", 1.0),))
    objective = build_objective(vgg64, made, content, styles, tiling=by_block(32), check=check)
    checks, allowed = 0, 3
    with pytest.raises(Enough):
        objective.evaluate(content)
    assert checks == 3
    allowed = -1
    objective.evaluate(content)
    assert checks == 3 + 4 + 4  # four tiles on the way in, four on the way back
