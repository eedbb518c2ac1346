"""The size of the result. The engine uses it, and clients can show it in advance."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from neural_style_protocol.settings import Settings

LONGEST: Mapping[str, int] = MappingProxyType({"draft": 512, "standard": 4096, "high": 8192})
"""Longest side of the result by preset, in pixels, if the setting *Size* is 0."""

TEXTBOOK_SIZE = (450, 300)
"""(width, height) of the preset *textbook* in pixels, whatever the picture's shape."""


def result_size(settings: Settings, width: int, height: int) -> tuple[int, int]:
    """(width, height) of the result for a content image of that size, in pixels."""
    if settings.preset == "textbook" and not settings.size:
        return TEXTBOOK_SIZE
    return fit_within((width, height), settings.size or LONGEST[settings.preset])


def preview_size(settings: Settings, width: int, height: int, longest: int) -> tuple[int, int]:
    """(width, height) of a preview, at most ``longest`` pixels long.

    It is one of the sizes through which the picture itself goes, from coarse to fine, so that both
    begin alike. The preset *textbook* has one size only.
    """
    size = result_size(settings, width, height)
    if settings.preset == "textbook":
        return fit_within((width, height), longest)
    while max(size) > longest:
        size = halved(size)
    return size


def halved(size: tuple[int, int]) -> tuple[int, int]:
    """The next coarser size at which a picture is computed."""
    return max(1, round(size[0] / 2)), max(1, round(size[1] / 2))


def fit_within(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """``size`` shrunk so that its longer side is at most ``longest``; never enlarged."""
    first, second = size
    scale = min(1.0, longest / max(first, second, 1))
    return max(1, round(first * scale)), max(1, round(second * scale))
