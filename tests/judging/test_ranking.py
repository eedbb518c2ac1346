"""The judge ranks what anyone would rank, on pictures that the engine made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import pictures
from benchmarks.judge import Measures, judge, load_network, thumbnail
from neural_style import weights
from neural_style.engine import StyleImage, Stylizer, Task
from neural_style.samples import STYLES
from neural_style_protocol.settings import Settings

LONGEST, EVALUATIONS = 112, 30
PAIRS = (("china", "strokes"), ("chelsea", "gouache"))
CATS = range(281, 286)
"""Of ImageNet's classes."""


@dataclass(frozen=True)
class Set:
    """A photograph, a style image, and what the engine makes of them."""

    photograph: Tensor
    style: Tensor
    weak: Tensor
    strong: Tensor

    def judged(self, picture: Tensor) -> Measures:
        return judge(picture, self.photograph, self.style)


@pytest.fixture(scope="module")
def stylizer(tmp_path_factory: pytest.TempPathFactory) -> Stylizer:
    return Stylizer(weights.ensure(tmp_path_factory.mktemp("weights")), device="cpu")


@pytest.fixture(scope="module", params=PAIRS, ids="-on-".join)
def made(request: pytest.FixtureRequest, stylizer: Stylizer) -> Set:
    photograph, style = (pictures.tensor(name, LONGEST) for name in request.param)

    def stylised(strength: float) -> Tensor:
        settings = Settings(strength=strength, iterations=EVALUATIONS)
        task = Task(photograph, (StyleImage(style),), settings)
        return stylizer.stylize(task, lambda _progress, _render: True).image

    return Set(photograph, style, stylised(20.0), stylised(90.0))


def blurred(pixels: Tensor) -> Tensor:
    """(3, h, w) after a reduction to two fifths."""
    resize = partial(F.interpolate, mode="bilinear", antialias=True)
    small = resize(pixels.unsqueeze(0), scale_factor=0.4)
    return resize(small, size=pixels.shape[-2:]).squeeze(0)


def noisy(pixels: Tensor) -> Tensor:
    """(3, h, w) with noise of 8 % of the range."""
    noise = torch.randn(pixels.shape, generator=torch.Generator().manual_seed(0))
    return (pixels + 0.08 * noise).clamp(0, 1)


def test_the_network_is_the_trained_one() -> None:
    model = load_network().model
    pixels = (pictures.tensor("chelsea", 224) * 255 - 127) / 128
    assert int(model(pixels.unsqueeze(0)).argmax()) in CATS


def test_more_of_the_style_ranks_higher(made: Set) -> None:
    photograph, weak, strong = (made.judged(p) for p in (made.photograph, made.weak, made.strong))
    assert photograph.style > weak.style > strong.style > 0
    assert photograph.patch > weak.patch > strong.patch > 0
    assert photograph.content < weak.content < strong.content
    assert photograph.photograph_left > weak.photograph_left > strong.photograph_left


def test_another_picture_is_further_from_the_content_than_any_result(made: Set) -> None:
    turned = made.judged(made.strong.flip(-1, -2))
    assert turned.content > made.judged(made.strong).content


def test_a_blurred_result_is_worse(made: Set) -> None:
    """The content on a weak result: a strong one has little of it to lose."""
    clean, worse = made.judged(made.strong), made.judged(blurred(made.strong))
    assert worse.style > clean.style
    assert worse.patch > clean.patch
    weak = made.judged(made.weak)
    assert made.judged(blurred(made.weak)).content > weak.content


def test_a_noisy_result_has_grain_and_less_of_the_content(made: Set) -> None:
    """On a weak result: a strong one has grain of its own, and little of the content to lose."""
    clean, worse = made.judged(made.weak), made.judged(noisy(made.weak))
    assert worse.grain > 5 * clean.grain
    assert worse.patch > clean.patch
    assert worse.content > clean.content


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("spoilt", [blurred, noisy])
def test_another_piece_of_the_same_painting_is_worse_if_spoilt(
    name: str, spoilt: Callable[[Tensor], Tensor]
) -> None:
    painting = pictures.tensor(name, 320)
    piece, style = painting[:, :, :160], painting[:, :, 160:]
    clean, worse = (judge(picture, piece, style) for picture in (piece, spoilt(piece)))
    assert worse.style > 1.2 * clean.style
    assert worse.patch > clean.patch
    assert (worse.grain > 2 * clean.grain) == (spoilt is noisy)


def test_the_photograph_itself(made: Set) -> None:
    measures = made.judged(made.photograph)
    assert measures.content == 0
    assert measures.photograph_left == pytest.approx(1)


def test_the_style_itself(made: Set) -> None:
    measures = judge(made.style, made.style, made.style)
    assert replace(measures, style=0.0, patch=0.0, grain=1.0) == Measures(
        style=0.0, patch=0.0, content=0.0, grain=1.0, photograph_left=measures.photograph_left
    )
    assert measures.style < 1e-9
    assert measures.patch < 1e-5
    assert measures.grain == pytest.approx(1)


def test_a_thumbnail_of_the_same_picture_is_near_and_of_another_is_not(made: Set) -> None:
    large = F.interpolate(made.strong.unsqueeze(0), scale_factor=3.0, mode="bicubic").squeeze(0)
    assert thumbnail(made.strong, made.strong) < 1e-9
    assert 10 * thumbnail(made.strong, large) < thumbnail(made.strong, made.photograph)
