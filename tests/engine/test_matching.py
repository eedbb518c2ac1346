"""Matching places: what is found, what it becomes on finer maps, and what the picture gains."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from neural_style.engine.network.passes import WHOLE
from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.objective.collecting import Cut, View, Wanted, WeightedStyle
from neural_style.engine.objective.matched import Search
from neural_style.engine.objective.matching import BALANCE, Matches, match
from neural_style.engine.objective.of_styles import of_styles
from neural_style.engine.objective.style_cache import StyleCache
from neural_style.engine.share import whole

LAYERS = ("relu3_1", "relu4_1")


@pytest.fixture
def random() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def _map(random: torch.Generator, channels: int, height: int, width: int) -> Tensor:
    return torch.randn(1, channels, height, width, generator=random, dtype=torch.float64)


def matched_maps(vgg: Vgg, content: Tensor, *styles: WeightedStyle) -> dict[str, Tensor]:
    """The styles' features at the places like each of the content's, computed whole."""
    view = View(vgg, Architecture("replicate"), Cut(None, lambda: None))
    with torch.no_grad():
        search = Search(view, content, whole(content.shape[-2]))
        wanted = Wanted(LAYERS)
        found = of_styles(view, styles, wanted, search, StyleCache()).matched
    return {layer: target.at(WHOLE, torch.float64) for layer, target in found.items()}


def test_a_shuffled_style_is_put_in_order(random: torch.Generator) -> None:
    content = _map(random, 8, 5, 6)
    order = torch.randperm(30, generator=random)
    style = content.flatten(2)[:, :, order].view(1, 8, 3, 10)
    found = match({"relu3_1": content}, {"relu3_1": style}, "relu3_1")
    assert torch.equal(found.gathered(style, (5, 6)), content)


def test_matches_are_the_formulas(random: torch.Generator) -> None:
    content = {"relu2_1": _map(random, 3, 8, 10), "relu3_1": _map(random, 4, 4, 5) * 50}
    style = {"relu2_1": _map(random, 3, 6, 14), "relu3_1": _map(random, 4, 3, 7) * 20}

    def directions(maps: dict[str, Tensor]) -> Tensor:
        # The centre of four positions is their mean.
        small = torch.nn.functional.avg_pool2d(maps["relu2_1"], 2)
        parts = [part / part.norm(dim=1).mean() for part in (small, maps["relu3_1"])]
        vectors = torch.cat(parts, 1)[0].flatten(1).T
        vectors = vectors - vectors.mean(0)
        return vectors / vectors.norm(dim=1, keepdim=True)

    distance = 1 - directions(content) @ directions(style).T
    expected = [
        min(
            range(21), key=lambda q: distance[p, q].item() / (BALANCE + distance[:, q].min().item())
        )
        for p in range(20)
    ]
    found = match(content, style, "relu3_1")
    assert found.places.flatten().tolist() == expected
    assert found.style == (3, 7)


def test_one_place_does_not_win_everywhere(random: torch.Generator) -> None:
    """A style of which one place is a little like everything."""
    content = _map(random, 6, 6, 6)
    content[:, 0] += 4 * torch.linspace(-1, 1, 36, dtype=torch.float64).view(6, 6)
    style = content + 0.8 * _map(random, 6, 6, 6)
    found = match({"relu3_1": content}, {"relu3_1": style}, "relu3_1")
    assert len(found.places.unique()) > 18


def test_a_finer_map_gets_whole_patches() -> None:
    places = torch.tensor([[3, 0]])
    fine = torch.arange(16.0).view(1, 1, 4, 4)
    found = Matches(places, (2, 2)).gathered(fine, (2, 4))
    assert found[0, 0].tolist() == [[10, 11, 0, 1], [14, 15, 4, 5]]


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (7, 4), (40, 37)])
def test_any_size_is_gathered_from_within_the_style(size: tuple[int, int]) -> None:
    places = torch.arange(12).view(3, 4)
    style = torch.rand(1, 2, 9, 11)
    found = Matches(places, (3, 4)).gathered(style, size)
    assert found.shape == (1, 2, *size)
    assert found.is_contiguous(memory_format=torch.channels_last)
    values = set(style[0, 0].flatten().tolist())
    assert set(found[0, 0].flatten().tolist()) <= values


def test_several_styles_are_mixed_by_share(vgg64: Vgg, random: torch.Generator) -> None:
    content, *styles = (_map(random, 3, *size) for size in ((32, 40), (48, 36), (33, 50)))
    one, other = (matched_maps(vgg64, content, WeightedStyle(style, 1.0)) for style in styles)
    shares = WeightedStyle(styles[0], 0.3), WeightedStyle(styles[1], 0.7)
    both = matched_maps(vgg64, content, *shares)
    for layer in LAYERS:
        torch.testing.assert_close(both[layer], 0.3 * one[layer] + 0.7 * other[layer])


def test_a_picture_is_its_own_neighbour(vgg64: Vgg, random: torch.Generator) -> None:
    image = _map(random, 3, 40, 56)
    found = matched_maps(vgg64, image, WeightedStyle(image, 1.0))
    with torch.no_grad():
        own = vgg64.features(image, LAYERS, Architecture("replicate"))
    torch.testing.assert_close(found["relu3_1"], own["relu3_1"])
