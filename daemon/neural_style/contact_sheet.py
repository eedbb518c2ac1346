"""A contact sheet: pictures in rows and columns, with headings and captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

GAP = 8
MARGIN = 12
TEXT_SIZE = 16
TEXT_ROW = TEXT_SIZE + 2 * GAP
PAPER = (250, 250, 247)
INK = (40, 40, 40)


@dataclass(frozen=True)
class Row:
    """One row of a sheet: its pictures from left to right, and the caption under the first."""

    caption: str
    pictures: tuple[Image.Image, ...]


def sheet_size(columns: int, rows: int, cell: tuple[int, int]) -> tuple[int, int]:
    """(width, height) of a sheet in pixels; ``cell`` as in :func:`draw_sheet`."""
    width = 2 * MARGIN + columns * (cell[0] + GAP) - GAP
    return width, 2 * MARGIN + TEXT_ROW + rows * (cell[1] + TEXT_ROW)


def draw_sheet(headings: Sequence[str], rows: Sequence[Row], cell: tuple[int, int]) -> Image.Image:
    """An RGB image of all rows below ``headings``, one for each column.

    Args:
        cell: (width, height) of every column and row; pictures are scaled down into it.
    """
    width, height = sheet_size(len(headings), len(rows), cell)
    sheet = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(TEXT_SIZE)
    for column, heading in enumerate(headings):
        left = MARGIN + column * (cell[0] + GAP)
        pen.text((left, MARGIN), _shortened(heading, cell[0], font), INK, font)
    for number, row in enumerate(rows):
        top = MARGIN + TEXT_ROW + number * (cell[1] + TEXT_ROW)
        for column, picture in enumerate(row.pictures):
            _place(sheet, picture, (MARGIN + column * (cell[0] + GAP), top), cell)
        caption = _shortened(row.caption, width - 2 * MARGIN, font)
        pen.text((MARGIN, top + cell[1] + GAP // 2), caption, INK, font)
    return sheet


def _place(
    sheet: Image.Image, picture: Image.Image, corner: tuple[int, int], cell: tuple[int, int]
) -> None:
    scale = min(1.0, cell[0] / picture.width, cell[1] / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    fitted = picture.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    left, top = corner[0] + (cell[0] - size[0]) // 2, corner[1] + (cell[1] - size[1]) // 2
    sheet.paste(fitted, (left, top), fitted)


def _shortened(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
