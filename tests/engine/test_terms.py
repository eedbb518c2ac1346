"""Each term of the objective against its formula, written out in float64, with its gradient."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from neural_style.engine.network.passes import PendingGradient, attach_tap
from neural_style.engine.picture.colour_space import denormalise, normalise
from neural_style.engine.terms.base import Guides, MapTerm, PixelTerm, SummaryTerm
from neural_style.engine.terms.content import Content
from neural_style.engine.terms.covariance import Covariance
from neural_style.engine.terms.grain import INVISIBLE, Grain, evenness
from neural_style.engine.terms.gram import BATCH_POSITIONS, BATCHED_FROM, Gram, gram_matrix
from neural_style.engine.terms.moved_content import ChannelMoments, MovedContent
from neural_style.engine.terms.neighbours import Neighbours
from neural_style.engine.terms.pixel import Range, Smoothness, TotalVariation, add_pixel_losses


@pytest.fixture
def random() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def _tensor(random: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=random, dtype=torch.float64)


def _numeric_gradient(function: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    step = 1e-6
    gradient = torch.zeros_like(at)
    for index in range(at.numel()):
        offset = torch.zeros_like(at).flatten()
        offset[index] = step
        offset = offset.view_as(at)
        gradient.flatten()[index] = (function(at + offset) - function(at - offset)) / (2 * step)
    return gradient


def _square(value: Tensor) -> Tensor:
    return value**2


def test_gram_matrix_is_the_textbooks(random: torch.Generator) -> None:
    features = _tensor(random, 1, 5, 3, 4)
    flat = features.reshape(5, 12)
    expected = flat @ flat.T / (5 * 12)
    torch.testing.assert_close(gram_matrix(features), expected)


def test_gram_matrix_of_half_precision_is_summed_near_one(random: torch.Generator) -> None:
    features = torch.rand(1, 16, 64, 64, generator=random)
    half = gram_matrix(features.bfloat16())
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, gram_matrix(features), rtol=0.01, atol=0)


@pytest.mark.parametrize(
    "count", [BATCHED_FROM - 1, BATCHED_FROM, BATCHED_FROM + 1, BATCHED_FROM + BATCH_POSITIONS + 5]
)
def test_gram_matrix_of_very_many_positions_misses_none(
    random: torch.Generator, count: int
) -> None:
    features = _tensor(random, 1, 3, 1, count)
    flat = features.reshape(3, count)
    torch.testing.assert_close(gram_matrix(features), flat @ flat.T / (3 * count))


def _content_loss(term: MapTerm, features: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The loss and its gradient, by the term's own three methods."""
    total = term.statistic(features, target)
    value, pull = term.value_and_pull(total, features.numel())
    return value, term.gradient_at(features, target, pull, None)


def _style_loss(term: SummaryTerm, features: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    seen = term.summary(term.statistic(features), features.numel())
    value, pull = term.value_and_pull(seen, target, features.numel())
    return value, term.gradient_at(features, pull, None)


def _pixel_loss(term: PixelTerm, image: Tensor, band: int) -> tuple[Tensor, Tensor]:
    gradient = torch.zeros_like(image)
    (value,) = add_pixel_losses(image, [term], gradient, band)
    return value, gradient


def _assert_is(
    loss: Callable[[Tensor], tuple[Tensor, Tensor]],
    formula: Callable[[Tensor], Tensor],
    at: Tensor,
) -> None:
    """The loss is the formula's value, and its gradient the formula's by finite differences."""
    value, gradient = loss(at)
    torch.testing.assert_close(value, formula(at))
    torch.testing.assert_close(gradient, _numeric_gradient(formula, at), rtol=1e-6, atol=1e-9)


def test_content_loss_is_the_mean_square(random: torch.Generator) -> None:
    features, target = _tensor(random, 1, 3, 2, 4), _tensor(random, 1, 3, 2, 4)

    def formula(x: Tensor) -> Tensor:
        pairs = zip(x.flatten(), target.flatten(), strict=True)
        return 3 * torch.stack([(a - b) ** 2 for a, b in pairs]).sum() / 24

    _assert_is(lambda x: _content_loss(Content("relu4_2", 3.0), x, target), formula, features)


@pytest.mark.parametrize("size", [(3, 5), (1, BATCHED_FROM + 5)])
def test_style_loss_and_its_gradient_to_the_features(
    random: torch.Generator, size: tuple[int, int]
) -> None:
    features, other = _tensor(random, 1, 4, *size), _tensor(random, 1, 4, *size)
    target = gram_matrix(other)

    def formula(x: Tensor) -> Tensor:
        flat = x.reshape(4, -1)
        return 3 * ((flat @ flat.T / flat.numel() - target) ** 2).mean()

    value, gradient = _style_loss(Gram("relu4_1", 3.0), features, target)
    torch.testing.assert_close(value, formula(features))
    leaf = features.clone().requires_grad_(True)
    torch.testing.assert_close(gradient, torch.autograd.grad(formula(leaf), leaf)[0])
    if size == (3, 5):
        _assert_is(lambda x: _style_loss(Gram("relu4_1", 3.0), x, target), formula, features)


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """The means and the covariance of (1, c, h, w), the way a textbook of statistics does it."""
    columns = x.flatten(2)[0]
    mean = columns.mean(1)
    centred = columns - mean[:, None]
    return mean, centred @ centred.T / columns.shape[1]


def test_covariance_loss_and_its_gradient_to_the_features(random: torch.Generator) -> None:
    features, other = _tensor(random, 1, 4, 3, 5) + 2, _tensor(random, 1, 4, 2, 7) * 3 - 1
    term = Covariance("relu4_1", 3.0)
    target = term.summary(term.statistic(other), other.numel())
    style_mean, style_covariance = _moments(other)
    torch.testing.assert_close(target, torch.cat((style_covariance, style_mean[None])))

    def formula(x: Tensor) -> Tensor:
        mean, covariance = _moments(x)
        variation = (covariance - style_covariance).square().sum() / style_covariance.square().sum()
        return 3 * (variation + (mean - style_mean).square().sum() / style_mean.square().sum())

    _assert_is(lambda x: _style_loss(term, x, target), formula, features)


def test_covariance_loss_adds_to_the_gradient_of_deeper_layers(random: torch.Generator) -> None:
    features, upstream = _tensor(random, 1, 4, 3, 5), _tensor(random, 1, 4, 3, 5)
    term = Covariance("relu4_1", 3.0)
    target = term.summary(term.statistic(_tensor(random, 1, 4, 2, 7)), 4 * 2 * 7)
    seen = term.summary(term.statistic(features), features.numel())
    _, pull = term.value_and_pull(seen, target, features.numel())
    alone = term.gradient_at(features, pull, None)
    torch.testing.assert_close(term.gradient_at(features, pull, upstream.clone()), alone + upstream)


@pytest.mark.parametrize("colour", [0.0, 0.7])
def test_covariance_loss_of_a_style_of_one_colour_is_finite(
    random: torch.Generator, colour: float
) -> None:
    term = Covariance("relu1_1", 1.0)
    target = term.summary(term.statistic(torch.full((1, 4, 3, 5), colour)), 60)
    value, gradient = _style_loss(term, _tensor(random, 1, 4, 3, 5).float(), target)
    assert value.isfinite()
    assert gradient.isfinite().all()


@pytest.mark.parametrize("moved", [0.0, 0.4, 1.0])
def test_moved_content_has_the_styles_means_and_deviations(
    random: torch.Generator, moved: float
) -> None:
    content, style = _tensor(random, 1, 3, 4, 5), _tensor(random, 1, 3, 2, 7) * 2 + 1
    content[:, 2] *= 100  # its deviation is divided by three, and no more
    guide = ChannelMoments("relu4_2")
    of_content, of_style = (guide.summary(guide.statistic(x), x.numel()) for x in (content, style))
    target = MovedContent("relu4_2", 1.0, moved=moved).target(content, Guides(of_content, of_style))

    def deviation(x: Tensor) -> Tensor:
        return x.flatten(2).std(2, correction=0)[0]

    ratio = deviation(style) / deviation(content)
    ratio[2] = 1 / 3
    mean = style.mean((2, 3), keepdim=True)
    whole = mean + ratio.view(1, 3, 1, 1) * (content - content.mean((2, 3), keepdim=True))
    torch.testing.assert_close(target, torch.lerp(content, whole, moved))
    if moved == 1:
        torch.testing.assert_close(deviation(target)[:2], deviation(style)[:2])


@pytest.mark.parametrize("moved", [0.0, 0.4, 1.0])
def test_neighbours_lie_between_the_content_and_the_matched_features(
    random: torch.Generator, moved: float
) -> None:
    content, matched = _tensor(random, 1, 3, 4, 5), _tensor(random, 1, 3, 4, 5)
    found = Neighbours("relu3_1", 1.0, moved=moved).target(content, Guides(matched=matched))
    torch.testing.assert_close(found, (1 - moved) * content + moved * matched)


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("part", [slice(None), slice(1, 4)])
def test_what_is_tapped_adds_its_gradient_to_what_follows(
    random: torch.Generator, both: bool, part: slice
) -> None:
    """A tap sums two gradients itself; nothing may follow, and a halo may not be read."""
    features = _tensor(random, 1, 5, 6, 7).contiguous(memory_format=torch.channels_last)
    features.requires_grad_(True)
    target = gram_matrix(_tensor(random, 1, 5, 6, 7))
    term, crop, pending = Gram("relu4_1", 2.0), (..., part, part), PendingGradient()

    def gradient(layer: str, x: Tensor, window: object, upstream: Tensor | None) -> Tensor:
        assert (layer, window) == ("relu4_1", crop)
        seen = term.summary(term.statistic(x), x.numel())
        _, pull = term.value_and_pull(seen, target, x.numel())
        return term.gradient_at(x, pull, upstream)

    pending.gradient = gradient
    output, root = attach_tap(features, "relu4_1", pending, crop, crop)
    assert root.item() == 0
    follows = output.pow(3).sum()
    roots = [root, follows] if both else [root]
    (found,) = torch.autograd.grad(roots, features)
    read = features[crop]
    expected = term.weight * (gram_matrix(read) - target).square().mean()
    if both:
        expected = expected + features.pow(3).sum()
    torch.testing.assert_close(found, torch.autograd.grad(expected, features)[0])


@pytest.mark.parametrize("band", [1, 10, 1000])
@pytest.mark.parametrize(("term", "of"), [(TotalVariation(2.0), abs), (Smoothness(2.0), _square)])
def test_differences_of_neighbours_are_the_textbooks(
    random: torch.Generator, term: PixelTerm, of: Callable[[Tensor], Tensor], band: int
) -> None:
    image = _tensor(random, 1, 3, 4, 5)

    def formula(x: Tensor) -> Tensor:
        rows = [of(x[0, c, i + 1, j] - x[0, c, i, j]) for c, i, j in _grid(3, 3, 5)]
        columns = [of(x[0, c, i, j + 1] - x[0, c, i, j]) for c, i, j in _grid(3, 4, 4)]
        return 2 * 0.5 * (torch.stack(rows).mean() + torch.stack(columns).mean())

    _assert_is(lambda x: _pixel_loss(term, x, band), formula, image)


@pytest.mark.parametrize("band", [1, 26, 39, 10_000])
def test_grain_is_the_energy_of_second_differences_in_even_areas(
    random: torch.Generator, band: int
) -> None:
    content, image = _tensor(random, 1, 3, 11, 13), _tensor(random, 1, 3, 11, 13)
    styles = [(_tensor(random, 1, 3, 12, 10), 0.6), (_tensor(random, 1, 3, 9, 14), 0.4)]

    def energy(x: Tensor, like: Tensor) -> Tensor:
        even = evenness(like)[0, 0]
        _, _, height, width = x.shape
        down = [
            even[i, j] * (x[0, :, i - 1 : i + 2, j] * D2).sum(1).square().sum()
            for _, i, j in _grid(1, height, width)
            if 0 < i < height - 1
        ]
        along = [
            even[i, j] * (x[0, :, i, j - 1 : j + 2] * D2).sum(1).square().sum()
            for _, i, j in _grid(1, height, width)
            if 0 < j < width - 1
        ]
        return (torch.stack(down).sum() + torch.stack(along).sum()) / (6 * even.sum())

    wanted = sum(share * energy(style, style) for style, share in styles)
    fitted = Grain(2.0).fitted_to(content, styles)
    _assert_is(
        lambda x: _pixel_loss(fitted, x, band),
        lambda x: 2.0 * energy(x, content) / (wanted + INVISIBLE),
        image,
    )


D2 = torch.tensor([0.25, -0.5, 0.25], dtype=torch.float64)


def test_evenness_is_high_where_nothing_varies() -> None:
    image = torch.zeros(1, 3, 40, 60, dtype=torch.float64)
    image[..., 30:] = torch.rand(1, 1, 40, 30, generator=torch.Generator().manual_seed(1))
    even = evenness(image)[0, 0]
    assert even[:, :25].min() > 0.99
    assert even[:, 35:].max() < 0.01


@pytest.mark.parametrize("band", [1, 9, 1000])
def test_range_penalty_is_zero_inside_and_square_outside(band: int) -> None:
    inside = torch.linspace(0, 1, 48, dtype=torch.float64).view(1, 3, 4, 4)
    value, gradient = _pixel_loss(Range(2.0), normalise(inside), band)
    assert value.item() == pytest.approx(0, abs=1e-20)
    assert gradient.abs().max() < 1e-9
    outside = inside.clone()
    outside[0, 0, 0, 0] = -0.5
    outside[0, 2, 3, 3] = 2.0
    expected = 2 * ((0.5 / 0.229) ** 2 + (1.0 / 0.225) ** 2) / 48
    assert _pixel_loss(Range(2.0), normalise(outside), band)[0].item() == pytest.approx(expected)

    def formula(x: Tensor) -> Tensor:
        return _pixel_loss(Range(2.0), x, 1000)[0]

    _assert_is(lambda x: _pixel_loss(Range(2.0), x, band), formula, normalise(outside))


def test_pixel_losses_are_added_to_a_gradient_that_is_there(random: torch.Generator) -> None:
    image, before = _tensor(random, 1, 3, 6, 5), _tensor(random, 1, 3, 6, 5)
    terms = [Smoothness(0.3), Range(2.0)]
    together = before.clone()
    values = add_pixel_losses(image, terms, together, 10)
    alone = [_pixel_loss(term, image, 1000) for term in terms]
    torch.testing.assert_close(together, before + alone[0][1] + alone[1][1])
    torch.testing.assert_close(values, [value for value, _ in alone])


def test_normalising_is_undone(random: torch.Generator) -> None:
    pixels = torch.rand(3, 4, 5, generator=random, dtype=torch.float64)
    torch.testing.assert_close(denormalise(normalise(pixels)), pixels)


def _grid(channels: int, height: int, width: int) -> list[tuple[int, int, int]]:
    return [(c, i, j) for c in range(channels) for i in range(height) for j in range(width)]
