"""Style against content, drawn."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from .comparison import Curve, Pair
from .judging import Measures

PANEL = (460, 380)
MARGIN = 64
COLOURS = ("#c0392b", "#1e8449", "#d68910", "#7d3c98", "#117a65", "#515a5a")
OWN, FAINT, AXIS = "#2471a3", "#c5d8e8", "#9aa0a6"
TITLES = {"style": "Style: distance to the style image", "patch": "Patches: distance to nearest"}
KEY_ROW = 20


@dataclass(frozen=True)
class Panel:
    """The axes of one measure against the content distance, at (left, top) of the picture."""

    pen: ImageDraw.ImageDraw
    left: int
    top: int
    lowest: float
    highest: float
    furthest: float

    def place(self, content: float, value: float) -> tuple[float, float]:
        """Where a point is in the picture."""
        across = content / self.furthest
        up = (value - self.lowest) / (self.highest - self.lowest)
        return self.left + PANEL[0] * across, self.top + PANEL[1] * (1 - up)

    def axes(self, title: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> None:
        """Frame, five numbers along each side, and what they are of."""
        right, bottom = self.left + PANEL[0], self.top + PANEL[1]
        for step in range(5):
            content = self.furthest * step / 4
            value = self.lowest + (self.highest - self.lowest) * step / 4
            x, y = self.place(content, value)
            self.pen.line((x, self.top, x, bottom), fill="#eceff1")
            self.pen.line((self.left, y, right, y), fill="#eceff1")
            self.pen.text((x, bottom + 4), f"{content:.2f}", AXIS, font, anchor="ma")
            self.pen.text((self.left - 6, y), f"{value:.2f}", AXIS, font, anchor="rm")
        self.pen.rectangle((self.left, self.top, right, bottom), outline=AXIS)
        self.pen.text((self.left, self.top - 10), title, "black", font, anchor="ls")
        below = "Content: distance to the photograph"
        self.pen.text((right, bottom + 22), below, "black", font, anchor="ra")


def draw_curves(
    curves: Mapping[Pair, Curve], rivals: Mapping[str, Mapping[Pair, Measures]]
) -> Image.Image:
    """Ours as lines, pairs pale and the medians strong; rivals as dots, their medians as squares.

    Lower and further left is better. The medians of a rival are over its own pairs.
    """
    rows = (len(rivals) + 2) // 2
    size = 2 * (PANEL[0] + MARGIN) + MARGIN, PANEL[1] + 2 * MARGIN + rows * KEY_ROW + 20
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(14)
    every = [one for curve in curves.values() for one in curve]
    every += [one for measured in rivals.values() for one in measured.values()]
    furthest = 1.05 * max(one.content for one in every) or 1.0
    for number, (name, title) in enumerate(TITLES.items()):
        values = sorted(float(getattr(one, name)) for one in every)
        low, high = values[0], values[min(len(values) - 1, round(0.97 * len(values)))]
        room = 0.05 * (high - low) or 0.05
        left = MARGIN + number * (PANEL[0] + MARGIN)
        panel = Panel(pen, left, MARGIN, low - room, high + room, furthest)
        panel.axes(title, font)
        _draw_ours(panel, list(curves.values()), name)
        for (_, measured), colour in zip(rivals.items(), COLOURS, strict=False):
            _draw_rival(panel, list(measured.values()), name, colour)
    keys = [("Ours, from the photograph to the greatest strength", OWN)]
    keys += [
        (f"{rival}, {len(measured)} of {len(curves)} pairs", colour)
        for (rival, measured), colour in zip(rivals.items(), COLOURS, strict=False)
    ]
    for number, (words, colour) in enumerate(keys):
        x = MARGIN + (number % 2) * (PANEL[0] + MARGIN)
        y = PANEL[1] + 2 * MARGIN - 4 + (number // 2) * KEY_ROW
        pen.rectangle((x, y, x + 10, y + 10), fill=colour)
        pen.text((x + 18, y + 5), words, "black", font, anchor="lm")
    return image


def _draw_ours(panel: Panel, curves: Sequence[Curve], name: str) -> None:
    for curve in curves:
        points = [panel.place(one.content, float(getattr(one, name))) for one in curve]
        panel.pen.line(points, fill=FAINT, width=1)
    by_strength = [list(same) for same in zip(*curves, strict=False)]
    middle = [_median(same, name) for same in by_strength]
    panel.pen.line([panel.place(*point) for point in middle], fill=OWN, width=3)
    for point in middle:
        x, y = panel.place(*point)
        panel.pen.ellipse((x - 4, y - 4, x + 4, y + 4), fill=OWN)


def _draw_rival(panel: Panel, measured: Sequence[Measures], name: str, colour: str) -> None:
    for one in measured:
        x, y = panel.place(one.content, float(getattr(one, name)))
        panel.pen.ellipse((x - 2, y - 2, x + 2, y + 2), outline=colour)
    x, y = panel.place(*_median(measured, name))
    panel.pen.rectangle((x - 5, y - 5, x + 5, y + 5), fill=colour, outline="white")


def _median(measured: Sequence[Measures], name: str) -> tuple[float, float]:
    return (
        statistics.median(one.content for one in measured),
        statistics.median(float(getattr(one, name)) for one in measured),
    )
