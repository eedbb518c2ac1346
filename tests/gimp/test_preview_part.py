"""The part of a layer that the preview shows at 100 %, and the part that is painted for it."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from gimp.gimp_root import REPOSITORY


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(REPOSITORY / "gimp_plugin/neural-style"), *sys.path])
    import preview_part as module

    return module


@pytest.mark.parametrize(
    ("centre", "corner"), [((500, 400), (290, 230)), ((0, 0), (0, 0)), ((1000, 800), (580, 460))]
)
def test_a_part_stays_inside_the_picture(
    parts: ModuleType, centre: tuple[float, float], corner: tuple[float, float]
) -> None:
    whole = parts.Part(0, 0, 1000, 800)
    part = parts.around(centre, 420, 340, whole)
    assert (part.x, part.y) == corner
    assert (part.width, part.height) == (420, 340)
    assert whole.contains(part)


def test_the_part_of_a_small_layer_is_the_whole_layer(parts: ModuleType) -> None:
    whole = parts.Part(0, 0, 100, 800)
    part = parts.around((90, 10), 420, 340, whole)
    assert part == parts.Part(0, 0, 100, 340)


def test_dragging_stops_at_the_edges(parts: ModuleType) -> None:
    whole, part = parts.Part(0, 0, 1000, 800), parts.Part(290, 230, 420, 340)
    assert part.moved(-50, 20, whole) == parts.Part(240, 250, 420, 340)
    assert part.moved(-9000, 9000, whole) == parts.Part(0, 460, 420, 340)


def test_the_painted_part_includes_a_margin(parts: ModuleType) -> None:
    """At a quarter of the size, 420 pixels become 105, but at least 256 are needed."""
    whole, seen = parts.Part(0, 0, 4000, 3000), parts.Part(1000, 1000, 420, 340)
    painted = parts.part_to_paint(seen, 0.25, 256, whole)
    assert (painted.width, painted.height) == (1024, 1024)
    assert painted.contains(seen)
    assert painted.point(0.5, 0.5) == seen.point(0.5, 0.5)
    assert parts.part_to_paint(seen, 1.0, 256, whole) == seen
    assert parts.part_to_paint(whole, 0.25, 256, whole) == whole


def test_strokes_keep_their_size_in_the_part(parts: ModuleType) -> None:
    whole, part = parts.Part(0, 0, 1000, 800), parts.Part(0, 0, 500, 400)
    assert parts.style_scale_for(whole, whole, 120.0) == 120.0
    assert parts.style_scale_for(part, whole, 120.0) == 240.0
    assert parts.style_scale_for(part, whole, 200.0) == 300.0


def test_strokes_are_compared_at_the_size_that_is_shown(parts: ModuleType) -> None:
    """The style image is never enlarged, and its scale for a part has a limit."""
    whole, part = parts.Part(0, 0, 4000, 3000), parts.Part(0, 0, 400, 300)
    assert parts.strokes_in_layer(whole, whole, 1.0, 100.0, (900.0, 900.0)) == 1.0
    # A small style image is not enlarged for the layer either.
    assert parts.strokes_in_layer(part, whole, 1.0, 100.0, (900.0, 900.0)) == 1.0
    # A tenth of the sides would need a style scale of 1000 per cent, but the limit is 300.
    large = parts.strokes_in_layer(part, whole, 1.0, 100.0, (9000.0, 9000.0))
    assert large == pytest.approx(10 / 3)
    # The style image that is sent for the part is not enlarged.
    sent = parts.strokes_in_layer(part, whole, 1.0, 100.0, (2000.0, 1000.0))
    assert sent == 2.0


def test_a_picture_is_fitted_to_its_view(parts: ModuleType) -> None:
    assert parts.fitting(parts.Part(0, 0, 4000, 1000), 400, 300) == (400, 100)
    assert parts.fitting(parts.Part(0, 0, 10, 40), 400, 300) == (75, 300)
    assert parts.fitting(parts.Part(0, 0, 5000, 1), 400, 300) == (400, 1)
