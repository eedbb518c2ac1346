"""``python -m neural_style.samples FOLDER``: write the content image and all style images."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from neural_style.samples import STYLES, draw_landscape
from neural_style.samples.paintings import copy_into


def main(folder: Path) -> None:
    """Write the paintings, ``landscape.png`` and a PNG for each drawn style into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    copy_into(folder)
    Image.fromarray(draw_landscape()).save(folder / "landscape.png")
    for name, draw in STYLES.items():
        Image.fromarray(draw()).save(folder / f"{name}.png")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m neural_style.samples FOLDER")
    main(Path(sys.argv[1]))
