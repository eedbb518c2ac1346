"""Draw the picture of the README: ``python docs/images/draw.py PHOTOGRAPHS``.

``PHOTOGRAPHS`` is the folder ``skimage/data`` of the Python package scikit-image, whose photograph
*chelsea* is free of any restriction (CC0). The styles are the program's own. Each part of it is
painted by the command neural-style as installed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from neural_style.samples.__main__ import main as draw_samples

HERE = Path(__file__).parent
CELL = (450, 300)
"""Width and height of a picture on the sheet, in pixels; it is also painted at that width."""

GAP = 6
CAPTION = 26
STRENGTH = "--strength=60"
WHITE, INK = (255, 255, 255), (60, 60, 60)


def stylise(content: Path, style: Path, output: Path) -> Path:
    """One picture by the command; an ``output`` that is there already is kept."""
    if not output.exists():
        words = [content, style, "--output", output, f"--size={CELL[0]}", STRENGTH]
        command = [sys.executable, "-m", "neural_style", "stylize", *map(str, words)]
        subprocess.run(command, check=True)
    return output


def cropped(picture: Path) -> Image.Image:
    """The middle of the picture, in the shape and size of a cell."""
    image = Image.open(picture).convert("RGB")
    scale = max(CELL[0] / image.width, CELL[1] / image.height)
    size = (round(image.width * scale), round(image.height * scale))
    image = image.resize(size, Image.Resampling.LANCZOS)
    left, top = (size[0] - CELL[0]) // 2, (size[1] - CELL[1]) // 2
    return image.crop((left, top, left + CELL[0], top + CELL[1]))


def sheet(rows: list[list[tuple[str, Path]]]) -> Image.Image:
    """Rows of captioned pictures on white."""
    height = len(rows) * (CELL[1] + CAPTION + GAP)
    width = len(rows[0]) * (CELL[0] + GAP) - GAP
    result = Image.new("RGB", (width, height), WHITE)
    pen, font = ImageDraw.Draw(result), ImageFont.load_default(15)
    for r, row in enumerate(rows):
        for c, (caption, picture) in enumerate(row):
            x, y = c * (CELL[0] + GAP), r * (CELL[1] + CAPTION + GAP)
            result.paste(cropped(picture), (x, y))
            middle = (x + CELL[0] / 2, y + CELL[1] + CAPTION / 2)
            pen.text(middle, caption, fill=INK, font=font, anchor="mm")
    return result


def main(photographs: Path, work: Path) -> None:
    """Draw ``styles.jpg`` here, keeping single pictures in ``work``."""
    work.mkdir(parents=True, exist_ok=True)
    draw_samples(work)
    cat = photographs / "chelsea.png"
    painted = {
        style: stylise(cat, work / f"{style}.png", work / f"cat-{style}.png")
        for style in ("mosaic", "strokes", "hatching")
    }
    gallery = [
        [("the photograph", cat), ("in mosaic", painted["mosaic"])],
        [("in brush strokes", painted["strokes"]), ("in hatching", painted["hatching"])],
    ]
    sheet(gallery).save(HERE / "styles.jpg", quality=86, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("Usage: python docs/images/draw.py PHOTOGRAPHS [WORK]")
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) == 3 else tempfile.mkdtemp()))
