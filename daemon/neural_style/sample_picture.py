"""The sample picture, by which a set-up is tried: the commands that paint it.

Standard library only: the installer uses this before there is an environment.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SIZE = 256
"""The longest side in pixels."""

STYLE = "mosaic"


@dataclass(frozen=True)
class SamplePicture:
    """A sample picture in ``folder``, which is made if it is missing.

    The commands are what follows the name of a Python that has the package.
    """

    folder: Path
    size: int = SIZE

    @property
    def result(self) -> Path:
        """The painted picture."""
        return self.folder / "stylised.png"

    @property
    def drawing(self) -> tuple[str, ...]:
        """Draws a content image and style images."""
        return "-m", "neural_style.samples", str(self.folder)

    @property
    def painting(self) -> tuple[str, ...]:
        """Has the daemon paint what was drawn."""
        content, style = self.folder / "landscape.png", self.folder / f"{STYLE}.png"
        paint = ("-m", "neural_style", "stylize", str(content), str(style), "-o", str(self.result))
        return *paint, "--size", str(self.size), "--preset", "draft"
