"""What is left out of a style image is not in its statistics, and is not found as a neighbour."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.objective.collecting import Cut, View, Wanted
from neural_style.engine.objective.left_out import LEAST_KEPT, kept_places
from neural_style.engine.objective.matching import match
from neural_style.engine.terms.base import Summary
from neural_style.engine.terms.covariance import Covariance
from neural_style.engine.terms.gram import Gram
from neural_style.engine.terms.moved_content import ChannelMoments

WHOLE = Cut(None, lambda: None)
MEASURES: tuple[Summary, ...] = (
    Covariance("relu1_1", 1.0),
    Gram("relu2_1", 1.0),
    ChannelMoments("relu2_1"),
)


def _noise(*size: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*size, generator=generator, dtype=torch.float64)


def _left_half(height: int, width: int) -> Tensor:
    left_out = torch.zeros(1, height, width, dtype=torch.float64)
    left_out[..., : width // 2] = 1
    return left_out


def test_the_summaries_are_those_of_the_other_places(vgg64: Vgg) -> None:
    image, left_out = _noise(1, 3, 32, 48), _left_half(32, 48)
    view = View(vgg64, Architecture("replicate"), WHOLE)
    with torch.no_grad():
        seen = view.of_whole(image, Wanted(measures=MEASURES), left_out).summaries
        maps = vgg64.features(image, ("relu1_1", "relu2_1"), Architecture("replicate"))
    for measure in MEASURES:
        features = maps[measure.layer]
        right = features[..., features.shape[-1] // 2 :]
        expected = measure.summary(measure.statistic(right), right.numel())
        torch.testing.assert_close(seen[measure], expected)


def test_all_places_count_where_nothing_is_left_out(vgg64: Vgg) -> None:
    image = _noise(1, 3, 32, 48)
    view = View(vgg64, Architecture("replicate"), WHOLE)
    with torch.no_grad():
        all_of_it = view.of_whole(image, Wanted(measures=MEASURES)).summaries
        nothing = torch.zeros(1, 5, 6, dtype=torch.float64)
        same = view.of_whole(image, Wanted(measures=MEASURES), nothing).summaries
    for measure in MEASURES:
        torch.testing.assert_close(same[measure], all_of_it[measure])


@pytest.mark.parametrize("size", [(4, 6), (32, 48), (100, 31)])
def test_places_are_those_at_any_size(size: tuple[int, int]) -> None:
    kept = kept_places(_left_half(40, 60), size)
    assert kept.shape == size
    assert not kept[:, : size[1] // 2 - 1].any()
    assert kept[:, size[1] // 2 + 1 :].all()


@pytest.mark.parametrize(("rows", "is_left_out"), [(20, True), (31, False), (40, False)])
def test_a_close_portrait_is_not_left_out(rows: int, is_left_out: bool) -> None:
    assert LEAST_KEPT == 0.25
    left_out = torch.zeros(1, 40, 40)
    left_out[:, :rows] = 1
    assert (not kept_places(left_out, (40, 40)).all()) == is_left_out


def test_what_is_left_out_is_no_ones_neighbour() -> None:
    content = {"relu3_1": _noise(1, 5, 6, 7)}
    style = {"relu3_1": content["relu3_1"].flip(3)}
    kept = torch.ones(6, 7, dtype=torch.bool)
    kept[2:5, 1:5] = False
    everywhere = match(content, style, "relu3_1").places
    assert not kept.flatten()[everywhere].all()
    found = match(content, style, "relu3_1", kept).places
    assert kept.flatten()[found].all()
    free = kept.flatten()[everywhere]
    assert torch.equal(found[free], everywhere[free])
