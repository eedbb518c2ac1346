"""The pictures that the benchmarks paint.

The figures in docs/ are for photographs and paintings that the project may not distribute. If they
are beside the repository, in :data:`BESIDE`, they are used. Otherwise the tests' pictures are used
(tests/pictures.py); compare figures only for the same set.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("daemon", "shared", "tests")]

from PIL import Image  # noqa: E402
from torch import Tensor  # noqa: E402

import pictures  # noqa: E402

BESIDE = (ROOT.parent / "shared" / "images").resolve()
"""The only folder outside the repository that a benchmark reads."""


@dataclass(frozen=True)
class Gallery:
    """A set of pictures in one folder, by their file names without extensions.

    Attributes:
        called: the set's name in reports.
        folder: the folder of the files.
        contents: content images.
        styles: style images.
    """

    called: str
    folder: Path
    contents: tuple[str, str]
    styles: tuple[str, str, str]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Pairs of a content and a style image, by name."""
        (first, second), (one, two, three) = self.contents, self.styles
        return (first, one), (second, two), (first, three)

    def path(self, name: str) -> Path:
        """The file with that name and any extension."""
        (path,) = self.folder.glob(f"{name}.*")
        return path

    def named(self, *paths: Path) -> dict[str, object]:
        """The description of the pictures for a report."""
        own = all(path.parent == self.folder for path in paths)
        return {"set": self.called if own else "given", "files": [path.name for path in paths]}


PROJECTS = Gallery(
    called="the project's",
    folder=BESIDE,
    contents=("rainier", "golden_gate"),
    styles=("autumn-oak", "starry_night", "woman-with-hat-matisse"),
)


def gallery(folder: Path) -> Gallery:
    """The project's pictures if they exist, otherwise the tests', written into ``folder``."""
    if BESIDE.is_dir():
        return PROJECTS
    contents, styles = ("china", "coffee"), ("mosaic", "strokes", "gouache")
    for name in (*contents, *styles):
        pictures.write(name, folder)
    return Gallery("the tests'", folder, contents, styles)


def to_image(pixels: Tensor) -> Image.Image:
    """The picture of (3, h, w) in [0, 1], at 8 bits."""
    samples = (pixels.clamp(0, 1) * 255).round().byte()
    return Image.fromarray(samples.permute(1, 2, 0).contiguous().numpy())
