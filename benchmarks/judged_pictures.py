"""The photographs and styles whose stylised pictures are judged, and which pairs are for what.

Photographs come with scikit-image and scikit-learn, and styles are drawn, here and by the program.
The project's own photographs and paintings are used where they are (benchmark_pictures.py), or
from a folder that is given; a pair that needs one that is missing is left out, and reports list the
pairs that they are of.

Whoever changes the engine may look at the *tuning* pairs as often as they like. Claims are made
with the *reporting* pairs alone. Every photograph meets every style once, in one of the two.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import drawn_styles
import numpy as np
from benchmark_pictures import BESIDE, pictures
from PIL import Image
from torch import Tensor

from neural_style.samples import STYLES as SAMPLES

IN_PACKAGES = {
    **pictures.PHOTOGRAPHS,
    "rocket": ("scikit-image", "skimage/data/rocket.jpg"),
    "motorcycle": ("scikit-image", "skimage/data/motorcycle_left.png"),
    "camera": ("scikit-image", "skimage/data/camera.png"),
    "coins": ("scikit-image", "skimage/data/coins.png"),
}
"""By name: the package, and the file in it. The coins are engraved (drawn_styles.py)."""

CROP_OF_COINS = (0, 70, 200, 230)

CONTENTS: Mapping[str, str] = {
    "rainier": "landscape",
    "golden_gate": "architecture",
    "china": "architecture",
    "flower": "plant",
    "astronaut": "face",
    "chelsea": "animal",
    "coffee": "still life",
    "rocket": "night",
    "motorcycle": "interior",
    "camera": "figure",
}
"""The photographs, and of what they are."""

STYLES: Mapping[str, str] = {
    "autumn-oak": "oil",
    "starry_night": "oil",
    "woman-with-hat-matisse": "oil",
    "ink": "ink",
    "watercolour": "watercolour",
    "mosaic": "mosaic",
    "engraving": "engraving",
    "kilim": "textile",
    "gouache": "flat colour",
    "abstract": "abstract",
    "strokes": "oil",
}
"""The style images, and the kinds by which reports group them."""


@dataclass(frozen=True, order=True)
class Pair:
    """A photograph and a style image, by name."""

    content: str
    style: str

    @property
    def name(self) -> str:
        """As in reports and in the names of files: ``rainier-on-ink``."""
        return f"{self.content}-on-{self.style}"


def _diagonal(offset: int) -> tuple[Pair, ...]:
    """Each photograph with the style ``offset`` places further, so that no style comes twice."""
    styles = list(STYLES)
    return tuple(
        Pair(content, styles[(place + offset) % len(styles)])
        for place, content in enumerate(CONTENTS)
    )


TUNING = _diagonal(0) + _diagonal(2)
"""20 pairs, for work on the engine."""

REPORTING = tuple(pair for offset in (1, 4, 7, 10, 3, 6, 9, 5, 8) for pair in _diagonal(offset))
"""The other 90. The first ten hold every photograph, and ten styles."""


class Missing(Exception):
    """A picture that is not on this machine."""


@dataclass(frozen=True)
class Album:
    """Pictures by name.

    Attributes:
        folder: where to look for files before the test packages.
    """

    folder: Path = BESIDE

    def has(self, pair: Pair) -> bool:
        """Whether both pictures are there."""
        return all(name in DRAWN or _file(self.folder, name) for name in (pair.content, pair.style))

    def opened(self, name: str) -> Image.Image:
        """The picture in RGB, as large as there is; nobody may change it.

        Raises:
            Missing: it is neither in the folder nor in a package, nor drawn.
        """
        return _opened(self.folder, name)

    def pixels(self, name: str, side: int) -> Tensor:
        """(3, h, w) float32 in [0, 1], of 8 bits, its longest side ``side`` pixels."""
        return pictures.to_pixels(self.reduced(name, side))

    def reduced(self, name: str, side: int) -> Image.Image:
        """The picture with a longest side of ``side`` pixels, also if it has to be enlarged."""
        image = self.opened(name)
        scale = side / max(image.size)
        size = round(image.width * scale), round(image.height * scale)
        return image.resize(size, Image.Resampling.LANCZOS)


@functools.cache
def _opened(folder: Path, name: str) -> Image.Image:
    if file := _file(folder, name):
        with Image.open(file) as image:
            return image.convert("RGB")
    if name in DRAWN:
        return Image.fromarray(DRAWN[name]())
    raise Missing(name)


def _file(folder: Path, name: str) -> Path | None:
    """The picture's file: in the folder, or else in the package that ships it."""
    given = sorted(folder.glob(f"{name}.*")) if folder.is_dir() else []
    return given[0] if given else _in_package(name)


def _in_package(name: str) -> Path | None:
    if name not in IN_PACKAGES:
        return None
    try:
        return pictures.packaged(*IN_PACKAGES[name])
    except FileNotFoundError:
        return None


def _engraved_coins() -> np.ndarray:
    file = _in_package("coins")
    if file is None:
        raise Missing("coins")
    with Image.open(file) as coins:
        return drawn_styles.draw_engraving(coins.crop(CROP_OF_COINS))


DRAWN: Mapping[str, Callable[[], np.ndarray]] = {
    **SAMPLES,
    "engraving": _engraved_coins,
    "watercolour": drawn_styles.draw_watercolour,
    "kilim": drawn_styles.draw_kilim,
    "abstract": drawn_styles.draw_abstract,
}
