"""``python benchmarks/strength.py PLOT``: is *Strength* monotone and even?

Stylises six pairs at seven strengths. For each result it measures the distance from the content
image (features at relu4_2, relative root mean square) and that from the style (Gram matrices
at five layers, relative to the content image's distance). Draws both against strength, and prints
the numbers as JSON.
"""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("daemon", "shared")]

from benchmark_pictures import Gallery, gallery  # noqa: E402

from neural_style import weights  # noqa: E402
from neural_style.engine import StyleImage, Stylizer, Task  # noqa: E402
from neural_style.engine.network.vgg import Vgg, load_weights  # noqa: E402
from neural_style.engine.picture.colour_space import normalise  # noqa: E402
from neural_style.engine.terms.gram import gram_matrix  # noqa: E402
from neural_style_protocol.settings import Settings  # noqa: E402

STRENGTHS = (0, 10, 25, 50, 75, 90, 100)
LONGEST, EVALUATIONS = 128, 40
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYER = "relu4_2"


@dataclass(frozen=True)
class Measured:
    """One finished picture; ``pictures`` is the set of its pair."""

    pictures: str
    pair: str
    strength: int
    from_content: float
    style_left: float


def load(path: Path) -> Tensor:
    """The picture as (3, h, w) in [0, 1]; its longest side is :data:`LONGEST`."""
    with Image.open(path) as image:
        small = image.convert("RGB")
        small.thumbnail((LONGEST, LONGEST))
        pixels = torch.from_numpy(np.array(small))
    return pixels.permute(2, 0, 1).float() / 255


@torch.no_grad()
def describe(vgg: Vgg, pixels: Tensor) -> tuple[Tensor, Mapping[str, Tensor]]:
    """The content features and Gram matrices of a picture."""
    found = vgg.features(normalise(pixels).unsqueeze(0), [*STYLE_LAYERS, CONTENT_LAYER])
    return found[CONTENT_LAYER], {name: gram_matrix(found[name]) for name in STYLE_LAYERS}


def content_distance(features: Tensor, target: Tensor) -> float:
    """Relative root mean square of the difference."""
    return ((features - target).square().mean() / target.square().mean()).sqrt().item()


def style_distance(grams: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> float:
    """Sum over layers of the relative squared difference."""
    return sum(
        ((grams[n] - target[n]).square().mean() / target[n].square().mean()).item() for n in target
    )


def measure(
    stylizer: Stylizer, vgg: Vgg, chosen: Gallery, names: tuple[str, str]
) -> list[Measured]:
    """Measure one pair at every strength."""
    content, style = (load(chosen.path(name)) for name in names)
    features, grams = describe(vgg, content)
    _, target = describe(vgg, style)
    whole = style_distance(grams, target)
    rows = []
    for strength in STRENGTHS:
        settings = Settings(strength=float(strength), iterations=EVALUATIONS)
        task = Task(content, (StyleImage(style),), settings)
        image = stylizer.stylize(task, lambda _progress, _render: True).image
        found, found_grams = describe(vgg, image)
        moved = content_distance(found, features)
        left = style_distance(found_grams, target) / whole
        pair = " × ".join(names)
        rows.append(Measured(chosen.called, pair, strength, round(moved, 4), round(left, 4)))
    return rows


COLOURS = ("#c0392b", "#2471a3", "#1e8449", "#d68910", "#7d3c98", "#515a5a")
PANEL, MARGIN = (420, 300), 50


def draw(rows: Sequence[Measured], path: Path) -> None:
    """Draw two panels: the distances from the content and from the style."""
    width, height = 2 * (PANEL[0] + MARGIN) + MARGIN, PANEL[1] + 2 * MARGIN + 60
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    for place, (title, field) in enumerate(
        (("Distance from the content", "from_content"), ("Style left to go", "style_left"))
    ):
        left, top = MARGIN + place * (PANEL[0] + MARGIN), MARGIN
        _axes(pen, left, top, title)
        highest = max(getattr(row, field) for row in rows)
        for index, pair in enumerate(dict.fromkeys(row.pair for row in rows)):
            points = [
                (
                    left + PANEL[0] * row.strength / 100,
                    top + PANEL[1] * (1 - getattr(row, field) / highest),
                )
                for row in rows
                if row.pair == pair
            ]
            pen.line(points, fill=COLOURS[index], width=2)
            key = (MARGIN + (index % 3) * 300, top + PANEL[1] + 45 + (index // 3) * 18)
            pen.text(key, pair.replace("×", "and"), fill=COLOURS[index])
        pen.text((left - 30, top - 6), f"{highest:.2f}", fill="black")
    image.save(path, optimize=True)


def _axes(pen: ImageDraw.ImageDraw, left: int, top: int, title: str) -> None:
    pen.rectangle((left, top, left + PANEL[0], top + PANEL[1]), outline="black")
    pen.text((left, top - 30), f"{title}, against strength", fill="black")
    for strength in STRENGTHS:
        x = left + PANEL[0] * strength / 100
        pen.line((x, top, x, top + PANEL[1]), fill="#dddddd")
        pen.text((x - 6, top + PANEL[1] + 6), str(strength), fill="black")


def main() -> None:
    """Measure, print and draw."""
    with tempfile.TemporaryDirectory() as folder:
        file = weights.ensure(Path(folder))
        stylizer = Stylizer(file)
        vgg = Vgg(load_weights(file), torch.device("cpu"), torch.float32)
        chosen = gallery(Path(folder))
        pairs = itertools.product(chosen.contents, chosen.styles)
        rows = [row for pair in pairs for row in measure(stylizer, vgg, chosen, pair)]
    print(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    draw(rows, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
