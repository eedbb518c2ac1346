"""Faces keep their features, and what is around them is painted as usual."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from neural_style.engine import StyleImage, Stylizer, Task
from neural_style.engine.presets import recipe_for
from neural_style.engine.terms.base import Guides
from neural_style.engine.terms.moved_content import ChannelMoments, moved
from neural_style.engine.terms.neighbours import Neighbours
from neural_style_protocol.settings import Settings

FACE = (slice(26, 62), slice(68, 100))
"""Rows and columns of the astronaut's face, at 192 × 192."""


def _maps() -> tuple[Tensor, Tensor, Guides]:
    """Content features, the matched ones, and what the term is told of both; float64."""
    generator = torch.Generator().manual_seed(4)
    content, matched = (
        torch.randn(1, 3, 4, 6, generator=generator, dtype=torch.float64) for _ in range(2)
    )
    style = torch.randn(1, 3, 5, 5, generator=generator, dtype=torch.float64) * 2 + 1
    measure = ChannelMoments("relu3_1")
    of_content, of_style = (
        measure.summary(measure.statistic(x), x.numel()) for x in (content, style)
    )
    return content, matched, Guides(of_content, of_style, matched)


@pytest.mark.parametrize("by", [0.4, 1.0])
def test_the_target_in_a_face_is_the_face_in_the_styles_feature_space(by: float) -> None:
    content, matched, guides = _maps()
    faces = torch.zeros(1, 4, 6)
    faces[..., 3:] = 1
    target = Neighbours("relu3_1", 1.0, moved=by, faces=faces).target(content, guides)
    itself = moved(content, guides.of_content, guides.of_styles, by)  # type: ignore[arg-type]
    torch.testing.assert_close(target[..., 3:], itself[..., 3:])
    plain = torch.lerp(content, matched, by)
    torch.testing.assert_close(target[..., :3], plain[..., :3])


def test_it_is_blended_at_the_edge() -> None:
    content, _, guides = _maps()
    none, whole, half = (
        Neighbours("relu3_1", 1.0, faces=torch.full((1, 8, 12), share, dtype=torch.float64)).target(
            content, guides
        )
        for share in (0.0, 1.0, 0.5)
    )
    torch.testing.assert_close(half, (none + whole) / 2)


def test_without_faces_neither_content_nor_moments_are_needed() -> None:
    term = Neighbours("relu3_1", 1.0)
    assert not term.needs_content
    assert term.guide is None
    with_faces = replace(term, faces=torch.ones(1, 4, 4))
    assert with_faces.needs_content
    assert with_faces.guide == ChannelMoments("relu3_1")


def test_a_recipe_without_neighbours_stays_as_it_is() -> None:
    textbook = recipe_for(Settings(preset="textbook"), (64, 64))
    assert textbook.keeping(torch.ones(1, 4, 4)) == textbook


def test_a_face_keeps_its_features(stylizer: Stylizer, picture: Callable[..., Tensor]) -> None:
    """Seen by the correlation with the photograph's lightness, in the face and elsewhere."""
    content, style = picture("astronaut", 192), StyleImage(picture("strokes", 192))
    faces = torch.zeros(1, 192, 192)
    faces[0][FACE] = 1
    plain = Task(content, (style,), Settings())

    def likeness(task: Task, place: tuple[slice, slice]) -> float:
        image = stylizer.stylize(task, lambda _progress, _render: True).image
        both = torch.stack([each.mean(0)[place].flatten() for each in (image, content)])
        return float(torch.corrcoef(both)[0, 1])

    suit = (slice(110, 190), slice(20, 100))
    with_faces = replace(plain, faces=faces)
    gained = likeness(with_faces, FACE) - likeness(plain, FACE)
    assert gained > 0.1
    assert abs(likeness(with_faces, suit) - likeness(plain, suit)) < gained / 3
