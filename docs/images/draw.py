"""Draw the pictures of the README: ``python docs/images/draw.py PHOTOGRAPHS``.

``PHOTOGRAPHS`` is the folder ``skimage/data`` of the Python package scikit-image, whose photographs
*chelsea* and *coffee* are free of any restriction (CC0). The styles are the program's own. Every
picture is made by the command neural-style as installed, and takes some minutes without a GPU.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from neural_style.samples.__main__ import main as draw_samples

HERE = Path(__file__).parent
LARGE, SMALL = (450, 300), (300, 200)
"""Width and height of a picture on a sheet, in pixels; it is also painted at that width."""

GAP = 6
CAPTION = 26
STRONGER = "--strength=60"
WHITE, INK = (255, 255, 255), (60, 60, 60)

TABLE = (
    (("strength 20", "--strength=20"), ("strength 50", ""), ("strength 80", "--strength=80")),
    (
        ("the style's colours", ""),
        ("the photograph's palette", "--preserve-colour=histogram"),
        ("its colours, place by place", "--preserve-colour=luminance"),
    ),
    (
        ("style scale 50 %", "--style-scale=50"),
        ("style scale 100 %", ""),
        ("style scale 200 %", "--style-scale=200"),
    ),
)
"""The caption and the option of each picture, row by row; no option is what everybody gets."""


def stylise(content: Path, style: Path, output: Path, width: int, option: str) -> Path:
    """One picture by the command; an ``output`` that is there already is kept."""
    if not output.exists():
        words = [content, style, "--output", output, f"--size={width}", *filter(None, [option])]
        command = [sys.executable, "-m", "neural_style", "stylize", *map(str, words)]
        subprocess.run(command, check=True)
    return output


def cropped(picture: Path, to: tuple[int, int]) -> Image.Image:
    """The middle of the picture, in this shape and size."""
    image = Image.open(picture).convert("RGB")
    scale = max(to[0] / image.width, to[1] / image.height)
    size = (round(image.width * scale), round(image.height * scale))
    image = image.resize(size, Image.Resampling.LANCZOS)
    left, top = (size[0] - to[0]) // 2, (size[1] - to[1]) // 2
    return image.crop((left, top, left + to[0], top + to[1]))


def sheet(rows: list[list[tuple[str, Path]]], cell: tuple[int, int]) -> Image.Image:
    """Rows of captioned pictures on white."""
    height = len(rows) * (cell[1] + CAPTION + GAP)
    width = len(rows[0]) * (cell[0] + GAP) - GAP
    result = Image.new("RGB", (width, height), WHITE)
    pen, font = ImageDraw.Draw(result), ImageFont.load_default(15)
    for r, row in enumerate(rows):
        for c, (caption, picture) in enumerate(row):
            x, y = c * (cell[0] + GAP), r * (cell[1] + CAPTION + GAP)
            result.paste(cropped(picture, cell), (x, y))
            middle = (x + cell[0] / 2, y + cell[1] + CAPTION / 2)
            pen.text(middle, caption, fill=INK, font=font, anchor="mm")
    return result


def main(photographs: Path, work: Path) -> None:
    """Draw ``styles.jpg`` and ``settings.jpg`` here, keeping single pictures in ``work``."""
    work.mkdir(parents=True, exist_ok=True)
    draw_samples(work)
    cat, coffee = photographs / "chelsea.png", photographs / "coffee.png"
    painted = {
        style: stylise(cat, work / f"{style}.png", work / f"cat-{style}.png", LARGE[0], STRONGER)
        for style in ("mosaic", "strokes", "hatching")
    }
    gallery = [
        [("the photograph", cat), ("in mosaic", painted["mosaic"])],
        [("in brush strokes", painted["strokes"]), ("in hatching", painted["hatching"])],
    ]
    sheet(gallery, LARGE).save(HERE / "styles.jpg", quality=86, optimize=True)
    options = {option for row in TABLE for _, option in row}
    cups = {
        option: stylise(
            coffee, work / "strokes.png", work / f"coffee{option}.png", SMALL[0], option
        )
        for option in sorted(options)
    }
    rows = [[(caption, cups[option]) for caption, option in row] for row in TABLE]
    sheet(rows, SMALL).save(HERE / "settings.jpg", quality=84, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("Usage: python docs/images/draw.py PHOTOGRAPHS [WORK]")
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) == 3 else tempfile.mkdtemp()))
