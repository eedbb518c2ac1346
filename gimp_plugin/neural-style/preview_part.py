"""Compute which part of the layer the preview shows, and which part is painted for it."""

from __future__ import annotations

from dataclasses import dataclass

MOST_STYLE_SCALE = 300.0
"""The largest style scale, in per cent, that the daemon accepts."""


@dataclass(frozen=True)
class Part:
    """A rectangle in pixels of the source."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, right: float, down: float, within: Part) -> Part:
        """The part moved by (right, down), but not beyond ``within``."""
        return Part(
            min(max(self.x + right, within.x), within.x + within.width - self.width),
            min(max(self.y + down, within.y), within.y + within.height - self.height),
            self.width,
            self.height,
        )

    def clipped(self, within: Part) -> Part:
        """What of the part is inside ``within``; its sides are 0 if nothing is."""
        x, y = max(self.x, within.x), max(self.y, within.y)
        right = min(self.x + self.width, within.x + within.width)
        below = min(self.y + self.height, within.y + within.height)
        return Part(x, y, max(0.0, right - x), max(0.0, below - y))

    def with_margin(self, share: float, within: Part) -> Part:
        """The part and its surroundings, ``share`` of its longer side all round."""
        margin = share * max(self.width, self.height)
        wider = Part(self.x - margin, self.y - margin, *(s + 2 * margin for s in self.size))
        return wider.clipped(within)

    @property
    def size(self) -> tuple[float, float]:
        return self.width, self.height

    def contains(self, other: Part) -> bool:
        """Whether all of ``other`` is inside."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and self.x + self.width >= other.x + other.width
            and self.y + self.height >= other.y + other.height
        )

    def point(self, across: float, down: float) -> tuple[float, float]:
        """The pixel at these shares, from 0 to 1, of its width and height."""
        return self.x + across * self.width, self.y + down * self.height


def around(centre: tuple[float, float], width: float, height: float, within: Part) -> Part:
    """The part of that size around ``centre``, limited to ``within``."""
    width, height = min(width, within.width), min(height, within.height)
    corner = Part(within.x, within.y, width, height)
    right, down = centre[0] - width / 2 - within.x, centre[1] - height / 2 - within.y
    return corner.moved(right, down, within)


def part_to_paint(visible: Part, scale: float, least: float, within: Part) -> Part:
    """The part to paint so that ``visible`` looks as it will in the whole picture.

    The picture is computed at ``scale`` times the source's size. A part with a side of fewer than
    ``least`` such pixels is too small for strokes to form, so a larger part is painted.
    """
    side = least / scale
    middle = visible.point(0.5, 0.5)
    return around(middle, max(visible.width, side), max(visible.height, side), within)


def fitting(part: Part, width: int, height: int) -> tuple[int, int]:
    """The largest size within ``width`` × ``height`` with the part's proportions."""
    share = min(width / part.width, height / part.height)
    return max(1, round(part.width * share)), max(1, round(part.height * share))


def style_scale_for(part: Part, whole: Part, chosen: float) -> float:
    """The style scale, in per cent, that gives a part the same strokes as the whole at ``chosen``.

    At 100 per cent the style image gets the area of the painted picture, so a part needs more.
    """
    areas = whole.width * whole.height / (part.width * part.height)
    return min(MOST_STYLE_SCALE, chosen * float(areas**0.5))


def strokes_in_layer(
    part: Part, whole: Part, scale: float, chosen: float, styles: tuple[float, float]
) -> float:
    """The size of the layer's strokes, relative to those of a painted part.

    The size of strokes follows the size of the style image. That gets the area of the content times
    the style scale, but is never enlarged. For the part, a smaller style image is sent, and its
    style scale has a limit.

    Args:
        part: the painted part of ``whole``, in pixels of the source.
        scale: the size at which the picture is computed, relative to the source.
        chosen: the style scale, in per cent.
        styles: the square roots of the style image's area as sent for the layer and for the part.
    """
    own, sent = styles
    sides = [(it.width * it.height) ** 0.5 * scale for it in (whole, part)]
    in_layer = min(own, chosen / 100 * sides[0])
    in_part = min(sent, style_scale_for(part, whole, chosen) / 100 * sides[1])
    return float(in_layer / in_part)
