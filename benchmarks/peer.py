"""``python benchmarks/peer.py SHEET``: our picture beside that of the package `pastiche`.

Install that package in a separate environment, and give its command with ``--pastiche``. Both
programs get the same two pictures, 300 × 450, and otherwise use their own defaults. The sheet shows
pastiche's picture after the time that our *standard* took, pastiche's final picture, and ours with
*standard* and *high*. The program prints the times, and two distances that are neither program's
objective (strength.py): from the photograph, and from the style.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / folder) for folder in ("daemon", "shared")]

import textbook_reference as textbook  # noqa: E402
from benchmark_pictures import Gallery, gallery  # noqa: E402
from side_by_side import picture_of, shown  # noqa: E402
from speed import PAIR_COUNT  # noqa: E402
from strength import content_distance, describe, style_distance  # noqa: E402

from neural_style import weights  # noqa: E402
from neural_style.contact_sheet import Row, draw_sheet  # noqa: E402
from neural_style.engine import StyleImage, Stylizer, Task  # noqa: E402
from neural_style.engine.network.vgg import Vgg, load_weights  # noqa: E402
from neural_style.worker.allocator import keep_freed_memory  # noqa: E402
from neural_style_protocol.settings import Settings  # noqa: E402

HEIGHT, WIDTH = textbook.IMAGE_SHAPE
HEADINGS = ("pastiche, as long as standard", "pastiche, 1000 steps", "Ours, standard", "Ours, high")
FEW, MORE = 1, 9
"""Steps of two short runs, which measure the time of pastiche's start and of one step."""


@dataclass(frozen=True)
class Painted:
    """One picture, with its distances from the content and, relatively, from the style."""

    by: str
    seconds: float
    from_content: float
    style_left: float


class Pastiche:
    """The command-line program, for one pair of pictures."""

    def __init__(self, command: str, content: Path, style: Path, folder: Path) -> None:
        self._words = [command, "--no-verbose", "--size", str(WIDTH)]
        self._words += ["--content", str(content), "--styles", str(style)]
        self._picture = folder / "pastiche.png"

    def paint(self, steps: int | None) -> tuple[Tensor, float]:
        """The picture, (3, h, w) in [0, 1], and the seconds that the program took."""
        count = [] if steps is None else ["--num-steps", str(steps)]
        began = time.perf_counter()
        subprocess.run([*self._words, *count, "--output", str(self._picture)], check=True)
        return load(self._picture), time.perf_counter() - began

    def steps_within(self, seconds: float) -> int:
        """The number of steps in that time, including the program's start; at least one."""
        _, few = self.paint(FEW)
        _, more = self.paint(MORE)
        step = (more - few) / (MORE - FEW)
        return max(1, round(FEW + (seconds - few) / step))


def load(path: Path) -> Tensor:
    """The picture as (3, h, w) in [0, 1]."""
    with Image.open(path) as image:
        pixels = torch.from_numpy(np.array(image.convert("RGB")))
    return pixels.permute(2, 0, 1).float() / 255


def stylised(
    weights_file: Path, content: Tensor, style: Tensor, preset: str
) -> tuple[Tensor, float]:
    """Our picture, (3, h, w) rounded to 8 bits in [0, 1], and its seconds, including loading."""
    began = time.perf_counter()
    stylizer = Stylizer(weights_file, device="cpu")
    task = Task(content, (StyleImage(style),), Settings(preset=preset, size=WIDTH))
    image = stylizer.stylize(task, lambda _progress, _render: True).image
    return (image * 255).round() / 255, time.perf_counter() - began


def compare(
    command: str, weights_file: Path, found: Gallery, names: tuple[str, str], folder: Path
) -> tuple[Row, list[Painted]]:
    """Paint one pair with both programs."""
    files = [folder / f"{name}-resized.png" for name in names]
    for name, file in zip(names, files, strict=True):
        picture_of(textbook.preprocess(found.path(name))).save(file)
    content, style = (load(file) for file in files)
    standard, seconds = stylised(weights_file, content, style, "standard")
    high, high_seconds = stylised(weights_file, content, style, "high")

    peer = Pastiche(command, *files, folder)
    same_time, same_seconds = peer.paint(peer.steps_within(seconds))
    end, end_seconds = peer.paint(None)

    vgg = Vgg(load_weights(weights_file), torch.device("cpu"), torch.float32)
    features, grams = describe(vgg, content)
    _, target = describe(vgg, style)

    def measured(by: str, picture: Tensor, seconds: float) -> Painted:
        seen, seen_grams = describe(vgg, picture)
        moved = content_distance(seen, features)
        left = style_distance(seen_grams, target) / style_distance(grams, target)
        return Painted(by, round(seconds, 1), round(moved, 4), round(left, 5))

    painted = [
        measured(HEADINGS[0], same_time, same_seconds),
        measured(HEADINGS[1], end, end_seconds),
        measured(HEADINGS[2], standard, seconds),
        measured(HEADINGS[3], high, high_seconds),
    ]
    pictures = tuple(shown(pixels) for pixels in (same_time, end, standard, high))
    took = "; ".join(f"{one.by}: {one.seconds:.0f} s" for one in painted)
    return Row(f"{' with '.join(names)}. {took}", pictures), painted


def main() -> None:
    """Paint, draw the sheet, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--pastiche", default="pastiche", help="the program")
    parser.add_argument("--pair", type=int, choices=range(PAIR_COUNT), action="append")
    options = parser.parse_args()
    keep_freed_memory()  # as the daemon's worker does
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        file = weights.ensure(Path(folder))
        found = gallery(Path(folder))
        figures: dict[str, object] = {"pictures": found.called}
        for names in [found.pairs[index] for index in options.pair or range(PAIR_COUNT)]:
            row, painted = compare(options.pastiche, file, found, names, Path(folder))
            rows.append(row)
            figures[" × ".join(names)] = [asdict(one) for one in painted]
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    draw_sheet(HEADINGS, rows, (WIDTH, HEIGHT)).save(options.sheet, quality=88)


if __name__ == "__main__":
    main()
