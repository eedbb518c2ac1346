"""What the preview keeps of what it has painted, which needs no GIMP."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import ModuleType

import pytest

from gimp.gimp_root import REPOSITORY
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings


@dataclass(frozen=True)
class Request:
    """What the cache needs of a request."""

    content: str
    settings: Settings


@dataclass(frozen=True)
class Painted:
    """What it needs of a painted picture."""

    picture: Picture


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(REPOSITORY / "gimp_plugin/neural-style"), *sys.path])
    import preview_cache as module

    return module


def request_at(strength: float, content: str = "palace", seed: int = 0) -> Request:
    return Request(content, Settings(strength=strength, seed=seed))


def grey(level: int, side: int = 4) -> Painted:
    return Painted(Picture.of(side, side, 3, bytes([level]) * (3 * side * side)))


def test_a_picture_is_kept_for_the_same_request_alone(cache: ModuleType) -> None:
    kept = cache.PreviewCache()
    kept.put(request_at(50), grey(1))
    assert kept.get(request_at(50)) == grey(1)
    assert kept.get(request_at(51)) is None
    assert kept.get(request_at(50, seed=1)) is None
    assert kept.get(request_at(50, content="tower")) is None


def test_a_strength_between_two_is_a_mixture_of_the_nearest(cache: ModuleType) -> None:
    kept = cache.PreviewCache()
    for strength in (10, 40, 60, 90):
        kept.put(request_at(strength), grey(strength))
    kept.put(request_at(50, seed=1), grey(50))
    kept.put(request_at(50, content="tower"), grey(50))
    blend = kept.blend(request_at(45))
    assert (blend.first, blend.second, blend.share) == (grey(40), grey(60), 0.25)
    assert kept.blend(request_at(5)) is None
    assert kept.blend(request_at(95)) is None


def test_those_not_seen_for_longest_go_first(cache: ModuleType) -> None:
    size = len(grey(0).picture.data)
    kept = cache.PreviewCache(most_bytes=3 * size)
    for strength in (10, 20, 30):
        kept.put(request_at(strength), grey(strength))
    assert kept.get(request_at(10)) is not None
    kept.put(request_at(40), grey(40))
    there = [kept.get(request_at(it)) is not None for it in (10, 20, 30, 40)]
    assert there == [True, False, True, True]


def test_the_same_request_is_kept_once(cache: ModuleType) -> None:
    kept = cache.PreviewCache(most_bytes=2 * len(grey(0).picture.data))
    kept.put(request_at(10), grey(10))
    for level in range(5):
        kept.put(request_at(20), grey(level))
    assert kept.get(request_at(10)) == grey(10)
    assert kept.get(request_at(20)) == grey(4)
