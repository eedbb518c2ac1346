"""``python benchmarks/side_by_side.py SHEET``: our pictures beside the textbook's.

The sheet has one row for each pair of pictures, all at 300 × 450: the textbook's picture after the
time that ours took; ours, with the preset *standard*; and the textbook's final picture. That takes
five to twelve minutes a pair, unless ``--ends`` is a folder with the last iterates that
textbook_reference.py saved (``rainier-autumn-oak.pt`` and so on).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / folder) for folder in ("daemon", "shared")]

import textbook_reference as textbook  # noqa: E402
from benchmark_pictures import Gallery, gallery, to_image  # noqa: E402

from neural_style import weights  # noqa: E402
from neural_style.contact_sheet import Row, draw_sheet  # noqa: E402
from neural_style.engine import StyleImage, Stylizer, Task  # noqa: E402
from neural_style.engine.picture.colour_space import denormalise  # noqa: E402
from neural_style.worker.allocator import keep_freed_memory  # noqa: E402
from neural_style_protocol.settings import Settings  # noqa: E402

HEIGHT, WIDTH = textbook.IMAGE_SHAPE
HEADINGS = ("Textbook, as long as ours", "Ours", "Textbook, 500 steps")


def picture_of(image: Tensor) -> Image.Image:
    """A normalised (1, 3, h, w) as an image."""
    return to_image(denormalise(image.detach().squeeze(0)).clamp(0, 1))


def row_of(weights_file: Path, found: Gallery, names: tuple[str, str], ends: Path | None) -> Row:
    """Paint one pair in all three ways."""
    content, style = (textbook.preprocess(found.path(name)) for name in names)
    stylizer = Stylizer(weights_file, device="cpu")
    began = time.perf_counter()
    task = Task(
        denormalise(content.squeeze(0)).clamp(0, 1),
        (StyleImage(denormalise(style.squeeze(0)).clamp(0, 1)),),
        Settings(size=WIDTH),
    )
    ours = stylizer.stylize(task, lambda _progress, _render: True)
    seconds = time.perf_counter() - began

    reference = textbook.Objective(textbook.load_network(weights_file), content, style)
    step = textbook.train(reference, content, 5).seconds / 5
    steps = max(1, round(seconds / step))
    same_time = textbook.train(reference, content, steps).image
    if ends:
        end = torch.load(ends / f"{'-'.join(names)}.pt", weights_only=True)
    else:
        end = textbook.train(reference, content).image
    whole = step * textbook.STEPS
    caption = (
        f"{' with '.join(names)}: ours {seconds:.0f} s, {ours.steps} evaluations at all sizes; "
        f"the textbook {steps} steps in that time, and {whole:.0f} s to its end"
    )
    pictures = picture_of(same_time), to_image(ours.image), picture_of(end)
    return Row(caption, pictures)


def main() -> None:
    """Paint the pairs, and draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--ends", type=Path, help="folder with the textbook's last iterates")
    options = parser.parse_args()
    keep_freed_memory()  # as the daemon's worker does
    with tempfile.TemporaryDirectory() as folder:
        file = weights.ensure(Path(folder))
        found = gallery(Path(folder))
        print(f"Pictures: {found.called}")
        rows = [row_of(file, found, names, options.ends) for names in found.pairs]
    draw_sheet(HEADINGS, rows, (WIDTH, HEIGHT)).save(options.sheet, quality=88)


if __name__ == "__main__":
    main()
