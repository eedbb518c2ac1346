"""Draw the pictures of the README: ``python docs/images/draw.py PACKAGES [WORK]``.

``PACKAGES`` is a folder of Python packages, among them scikit-image and scikit-learn, which bring
the photographs. The styles are those that the program brings. Each part of them is painted by the
command neural-style as installed, once: what is in ``WORK`` already is kept.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from neural_style.samples import PAINTINGS
from neural_style.samples.__main__ import main as draw_samples

HERE = Path(__file__).parent
CAT = "skimage/data/chelsea.png"
ASTRONAUT = "skimage/data/astronaut.png"
PAGODA = "sklearn/datasets/images/china.jpg"
GAP = 6
CAPTION = 26
LETTERS = 15
WHITE, INK = (255, 255, 255), (60, 60, 60)


@dataclass(frozen=True)
class Cell:
    """One picture of a sheet: painted in ``style`` with the options, or shown as it is.

    ``style`` is a name of :mod:`neural_style.samples`, of a painting or a drawn one. Without it the
    cell shows the photograph; with ``"itself"`` for options it shows the style image.
    """

    caption: str
    style: str = ""
    options: tuple[str, ...] = ()
    photograph: str = CAT


@dataclass(frozen=True)
class Sheet:
    """Rows of cells.

    Attributes:
        size: a cell's width, at which it is painted, and height in pixels.
        part: what is shown of each picture: left, top, right and bottom, as shares of its sides.
    """

    name: str
    size: tuple[int, int]
    rows: tuple[tuple[Cell, ...], ...]
    part: tuple[float, float, float, float] = (0, 0, 1, 1)


ITSELF = ("itself",)
USUAL = ("--strength=50",)

STYLES = Sheet(
    "styles.jpg",
    (450, 300),
    (
        (
            Cell("the photograph", photograph=PAGODA),
            Cell("Van Gogh, The Starry Night", "starry_night", USUAL, PAGODA),
            Cell("Hokusai, The Great Wave", "great_wave", USUAL, PAGODA),
        ),
        (
            Cell("Munch, The Scream", "scream", USUAL, PAGODA),
            Cell("Matisse, Woman with a Hat", "woman_with_a_hat", USUAL, PAGODA),
            Cell("Turner, The Shipwreck", "shipwreck", USUAL, PAGODA),
        ),
        (
            Cell("the photograph"),
            Cell("Kandinsky, Composition VII", "composition_vii", USUAL),
            Cell("Delaunay, Jean Metzinger", "jean_metzinger", USUAL),
        ),
    ),
)


SET, SIXTY = "composition_vii", "--strength=60"
"""The style of the table of settings, and the strength where another setting is shown."""

PAINTED = {painting.path.stem: painting.path for painting in PAINTINGS}

TABLE = Sheet(
    "settings.jpg",
    (300, 200),
    (
        (
            Cell("the photograph"),
            *(Cell(f"preset {v}", SET, (f"--preset={v}",)) for v in ("draft", "standard", "high")),
        ),
        tuple(Cell(f"strength {v}", SET, (f"--strength={v}",)) for v in (20, 40, 60, 80)),
        (
            Cell("the style image", SET, ITSELF),
            Cell("the style's colours", SET, ("--preserve-colour=off", SIXTY)),
            Cell("the photo's, place by place", SET, ("--preserve-colour=luminance", SIXTY)),
            Cell("the photo's palette", SET, ("--preserve-colour=histogram", SIXTY)),
        ),
        tuple(
            Cell(f"style scale {v}", SET, (f"--style-scale={v}", SIXTY))
            for v in (50, 100, 200, 300)
        ),
    ),
)


FACES = Sheet(
    "faces.jpg",
    (300, 300),
    (
        (
            Cell("the photograph", photograph=ASTRONAUT),
            *(
                Cell(caption, style, (f"--{switch}", "--size=512"), ASTRONAUT)
                for style in ("starry_night", "great_wave")
                for caption, switch in (("Keep faces off", "no-faces"), ("on", "faces"))
            ),
        ),
    ),
    part=(0.22, 0.0, 0.68, 0.46),
)


def picture_of(cell: Cell, size: tuple[int, int], packages: Path, work: Path) -> Path:
    """The file that the cell shows, painted if it is not there yet."""
    content = packages / cell.photograph
    if not cell.style:
        return content
    style = PAINTED.get(cell.style, work / f"{cell.style}.png")
    if cell.options == ITSELF:
        return style
    options = (f"--size={size[0]}", *cell.options)
    output = work / f"{content.stem}-{cell.style}{''.join(options).replace('--', '-')}.png"
    if not output.exists():
        words = ["stylize", str(content), str(style), "--output", str(output), *options]
        subprocess.run([sys.executable, "-m", "neural_style", *words], check=True)
    return output


def cropped(picture: Path, sheet: Sheet) -> Image.Image:
    """The middle of the picture's part, in the shape and size of a cell."""
    image, size = Image.open(picture).convert("RGB"), sheet.size
    left, top, right, bottom = sheet.part
    image = image.crop(
        (
            round(left * image.width),
            round(top * image.height),
            round(right * image.width),
            round(bottom * image.height),
        )
    )
    scale = max(size[0] / image.width, size[1] / image.height)
    whole = (round(image.width * scale), round(image.height * scale))
    image = image.resize(whole, Image.Resampling.LANCZOS)
    x, y = (whole[0] - size[0]) // 2, (whole[1] - size[1]) // 2
    return image.crop((x, y, x + size[0], y + size[1]))


def draw(sheet: Sheet, packages: Path, work: Path) -> None:
    """Write the sheet here: captioned pictures on white."""
    width, height = sheet.size
    shape = (
        len(sheet.rows[0]) * (width + GAP) - GAP,
        len(sheet.rows) * (height + CAPTION + GAP) - GAP,
    )
    result = Image.new("RGB", shape, WHITE)
    pen, font = ImageDraw.Draw(result), ImageFont.load_default(LETTERS)
    for r, row in enumerate(sheet.rows):
        for c, cell in enumerate(row):
            x, y = c * (width + GAP), r * (height + CAPTION + GAP)
            picture = picture_of(cell, sheet.size, packages, work)
            result.paste(cropped(picture, sheet), (x, y))
            middle = (x + width / 2, y + height + CAPTION / 2)
            pen.text(middle, cell.caption, fill=INK, font=font, anchor="mm")
    result.save(HERE / sheet.name, quality=86, optimize=True)


def main(packages: Path, work: Path) -> None:
    """Draw every sheet here, keeping single pictures in ``work``."""
    work.mkdir(parents=True, exist_ok=True)
    draw_samples(work)
    for sheet in (STYLES, TABLE, FACES):
        draw(sheet, packages, work)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("Usage: python docs/images/draw.py PACKAGES [WORK]")
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) == 3 else tempfile.mkdtemp()))
