"""Float16 has bfloat16's speed on older cards and more digits, but ends at 65504 and 0.00006."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from neural_style.engine import Outcome, Progress, Render, StyleImage, Stylizer, Task
from neural_style.engine.minimise.lbfgs import LbfgsMinimiser
from neural_style.engine.network.arithmetic import QUESTION
from neural_style.engine.network.padding import Padding
from neural_style.engine.network.tiles.stages import Tiling
from neural_style.engine.network.vgg import Architecture, Vgg, load_weights
from neural_style.engine.objective import loss_scale as loss_scale_module
from neural_style.engine.objective.build import WeightedStyle, build_objective
from neural_style.engine.objective.loss_scale import LEAST, REDUCTION, LossScale
from neural_style.engine.objective.objective import Evaluation
from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.presets import recipe_for
from neural_style.engine.terms.gram import gram_sums
from neural_style.weights.layers import CONVOLUTIONS
from neural_style_protocol.settings import Settings

Picture = Callable[..., Tensor]

CPU = torch.device("cpu")
SIDE = 48
RANGE = torch.finfo(torch.float16)


def evaluation(
    vgg: Vgg, picture: Picture, padding: Padding, tiling: Tiling | None, scale: float
) -> Evaluation:
    """Of the painting objective, at a picture that is half finished."""
    wide = torch.promote_types(vgg.dtype, torch.float32)
    content, style = (
        normalise(picture(name, SIDE).to(wide)).unsqueeze(0) for name in ("china", "strokes")
    )
    size = content.shape[2], content.shape[3]
    recipe = replace(recipe_for(Settings(size=SIDE), size), architecture=Architecture(padding))
    styles = [WeightedStyle(style, 1.0)]
    objective = build_objective(vgg, recipe, content, styles, tiling=tiling)
    return objective.evaluate(torch.lerp(content, content.flip(-1), 0.3), scale)


@pytest.fixture(scope="module")
def vgg16(weights_file: Path) -> Vgg:
    return Vgg(load_weights(weights_file), CPU, torch.float16)


@pytest.mark.parametrize("padding", ["zeros", "replicate", "circular"])
@pytest.mark.parametrize(
    "plan",
    [ExecutionPlan(CPU, None), ExecutionPlan(CPU, 32, 1), ExecutionPlan(CPU, 32, 0, True)],
    ids=["whole", "in tiles", "lean"],
)
def test_losses_and_gradient_are_those_of_float64(
    vgg16: Vgg, vgg64: Vgg, picture: Picture, padding: Padding, plan: ExecutionPlan
) -> None:
    """To a thousandth, and to a twentieth: rounding decides which of two nearly equal features is
    the largest, and so where a part of the gradient goes."""
    scale = LossScale(torch.float16, SIDE * SIDE).value
    tiling = plan.tiling(Architecture(padding))
    exact = evaluation(vgg64, picture, padding, None, 1.0)
    found = evaluation(vgg16, picture, padding, tiling, scale)
    assert found.losses.terms == pytest.approx(exact.losses.terms, rel=1e-3)
    gradient = found.gradient.double()
    cosine = (gradient * exact.gradient).sum() / gradient.norm() / exact.gradient.norm()
    assert cosine > 0.998
    assert (gradient - exact.gradient).norm() < 0.06 * exact.gradient.norm()


def test_a_scale_changes_nothing_but_the_rounding(vgg64: Vgg, picture: Picture) -> None:
    usual = evaluation(vgg64, picture, "replicate", None, 1.0)
    scaled = evaluation(vgg64, picture, "replicate", None, 2.0**20)
    assert scaled.losses == usual.losses
    torch.testing.assert_close(scaled.gradient, usual.gradient, rtol=1e-12, atol=0)


@pytest.mark.parametrize("factor", [2.0**-8, 1.0, 2.0**4])
def test_the_usual_scale_is_far_from_both_ends(vgg16: Vgg, picture: Picture, factor: float) -> None:
    """A scale that is so many times as large gives the same gradient."""
    usual = LossScale(torch.float16, SIDE * SIDE).value
    expected, found = (
        evaluation(vgg16, picture, "replicate", None, scale).gradient
        for scale in (usual, usual * factor)
    )
    assert (found - expected).norm() <= 1e-3 * expected.norm()


def test_no_feature_comes_near_the_end(weights_file: Path, picture: Picture) -> None:
    """Not even those of the hardest contrasts there are."""
    vgg = Vgg(load_weights(weights_file), CPU, torch.float32)
    noise = torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(1)).round()
    board = (torch.arange(SIDE)[None] // 4 % 2 ^ torch.arange(SIDE)[:, None] // 4 % 2).float()
    for pixels in (picture("strokes", 96), noise, board.expand(3, -1, -1)):
        with torch.no_grad():
            found = vgg.features(normalise(pixels).unsqueeze(0), CONVOLUTIONS)
        assert max(float(features.abs().max()) for features in found.values()) < RANGE.max / 100


@pytest.mark.parametrize("positions", [1000, 40_000])
def test_sums_of_products_are_not_cut_off(positions: int) -> None:
    """Those of features as large as the network's largest, in each of the two ways to add them."""
    features = torch.full((1, 8, 1, positions), 140.0).half()
    features[:, 1] = 0.25
    found = gram_sums(features.to(memory_format=torch.channels_last))
    assert found.dtype == torch.float32
    expected = gram_sums(features.double())
    torch.testing.assert_close(found.double(), expected, rtol=2e-3, atol=0)


def test_only_float16_is_scaled() -> None:
    for dtype in (torch.float32, torch.bfloat16, torch.float64):
        scale = LossScale(dtype, 10_000)
        assert scale.value == 1
        assert not scale.reduce()
    assert LossScale(torch.float16, 4096).value == 2.0**16
    assert LossScale(torch.float16, 4 * 4096).value == 2.0**18


def test_a_scale_that_was_too_large_is_reduced_and_comes_back() -> None:
    scale = LossScale(torch.float16, 4096)
    usual = scale.value
    assert scale.reduce()
    assert scale.value == usual * REDUCTION
    scale.raise_again()
    assert scale.value == usual * REDUCTION * 2
    for _ in range(20):
        scale.raise_again()
    assert scale.value == usual
    while scale.reduce():
        assert scale.value >= usual * LEAST
    assert scale.value == usual * LEAST


class Watched:
    """Paints a picture with a network in float16, and counts what is computed."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, weights_file: Path, picture: Picture
    ) -> None:
        self.dtypes: list[torch.dtype] = []
        self.losses: list[float] = []
        self.refused = 0
        self._weights_file = weights_file
        self._picture = picture
        walk, undo = Vgg.walk, LbfgsMinimiser._undo_step

        def counted(vgg: Vgg, image: Tensor, layers: Sequence[str], *rest: object) -> None:
            if image.requires_grad:
                self.dtypes.append(vgg.dtype)
            walk(vgg, image, layers, *rest)  # type: ignore[arg-type]

        def undone(minimiser: LbfgsMinimiser) -> None:
            self.refused += 1
            undo(minimiser)

        monkeypatch.setattr(Vgg, "walk", counted)
        monkeypatch.setattr(LbfgsMinimiser, "_undo_step", undone)

    def paint(self, arithmetic: str = "float16") -> Outcome:
        self.dtypes.clear()
        self.losses.clear()
        stylizer = Stylizer(self._weights_file, device="cpu", notes={QUESTION: arithmetic})
        settings = Settings(preset="draft", size=SIDE, iterations=4)
        styles = (StyleImage(self._picture("strokes", SIDE)),)
        task = Task(self._picture("china", SIDE), styles, settings)
        return stylizer.stylize(task, self._observe)

    def _observe(self, progress: Progress, render: Render) -> bool:
        self.losses.append(progress.losses.total)
        return True


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, weights_file: Path, picture: Picture) -> Watched:
    return Watched(monkeypatch, weights_file, picture)


def test_a_picture_is_painted_in_float16_without_a_repetition(watched: Watched) -> None:
    assert watched.paint().steps == 4
    assert watched.dtypes == [torch.float16] * 4
    losses = list(watched.losses)
    watched.paint("float32")
    assert losses == pytest.approx(watched.losses, rel=0.01)


def test_a_gradient_that_is_too_large_is_computed_again_with_a_smaller_scale(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice, here. And no step is lost: the minimiser does not hear of it."""
    expected = watched.paint()
    usual = loss_scale_module.FACTOR_PER_PIXEL
    too_large = usual * 2.0**4 / REDUCTION**2
    monkeypatch.setattr(loss_scale_module, "FACTOR_PER_PIXEL", too_large)
    found = watched.paint()
    assert len(watched.dtypes) >= 4 + 2
    assert set(watched.dtypes) == {torch.float16}
    assert watched.refused == 0
    assert (found.image - expected.image).abs().max() < 0.01


def test_what_no_scale_mends_is_computed_in_float32(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = watched.paint("float32")
    monkeypatch.setattr(loss_scale_module, "FACTOR_PER_PIXEL", 2.0**60)
    found = watched.paint()
    assert watched.dtypes == [torch.float16] * 3 + [torch.float32] * 4
    assert watched.refused == 0
    assert torch.equal(found.image, expected.image)


def test_features_that_are_too_large_are_computed_in_float32_at_once(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another network's, or of filters that were changed."""
    expected = watched.paint("float32")
    rectified = Vgg.rectified

    def larger(vgg: Vgg, x: Tensor, name: str, *rest: object) -> Tensor:
        found = rectified(vgg, x, name, *rest)  # type: ignore[arg-type]
        overflows = name == "conv4_2" and vgg.dtype == torch.float16
        return found * RANGE.max * 2 if overflows else found

    monkeypatch.setattr(Vgg, "rectified", larger)
    found = watched.paint()
    assert watched.dtypes == [torch.float16] + [torch.float32] * 4
    assert torch.equal(found.image, expected.image)
