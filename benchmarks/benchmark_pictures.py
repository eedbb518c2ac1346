"""The pictures that the benchmarks paint: the project's photographs and paintings, or others.

The figures in docs/ are of pictures that are not in the repository, because they are not the
project's to give away. Where they lie beside it, in :data:`BESIDE`, they are used. Otherwise the
pictures of the tests are (tests/pictures.py), and figures compare only with others of the same.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("daemon", "shared", "tests")]

import pictures  # noqa: E402

BESIDE = (ROOT.parent / "shared" / "images").resolve()
"""The one place outside the repository where a benchmark looks."""


@dataclass(frozen=True)
class Gallery:
    """A set of pictures by the names of their files, which lie in one folder.

    Attributes:
        called: how reports name the set.
        folder: where the files are.
        contents: photographs.
        styles: pictures to take the style of.
    """

    called: str
    folder: Path
    contents: tuple[str, str]
    styles: tuple[str, str, str]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Names of a content and a style image each, without endings."""
        (first, second), (one, two, three) = self.contents, self.styles
        return (first, one), (second, two), (first, three)

    def path(self, name: str) -> Path:
        """The file of that name; its ending is found."""
        (path,) = self.folder.glob(f"{name}.*")
        return path

    def named(self, *paths: Path) -> dict[str, object]:
        """What a report says of the pictures that it is about."""
        own = all(path.parent == self.folder for path in paths)
        return {"set": self.called if own else "given", "files": [path.name for path in paths]}


PROJECTS = Gallery(
    called="the project's",
    folder=BESIDE,
    contents=("rainier", "golden_gate"),
    styles=("autumn-oak", "starry_night", "woman-with-hat-matisse"),
)


def gallery(folder: Path) -> Gallery:
    """The project's pictures where they are, otherwise the tests', written into ``folder``."""
    if BESIDE.is_dir():
        return PROJECTS
    contents, styles = ("china", "coffee"), ("mosaic", "strokes", "gouache")
    for name in (*contents, *styles):
        pictures.write(name, folder)
    return Gallery("the tests'", folder, contents, styles)
