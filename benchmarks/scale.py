"""Time and memory of one evaluation by size, whole and in tiles.

``python benchmarks/scale.py --json`` prints

``pictures``
    the pictures used;
``tiled_over_whole_time``
    time in tiles relative to whole, by method, at a size where both fit; ``margin`` is another
    method, with the style terms alone;
``seconds_per_megapixel``
    time of one evaluation with the default method in tiles, by megapixels. Like the ratios above,
    it is also given in CPU time, which depends less on other programs;
``bytes_per_pixel``
    ``features``: growth of the peak per pixel during an evaluation with the method that needs the
    least memory, without the image and its gradient; ``all``: growth of the whole process's peak,
    with the minimiser and the pictures;
``peak_mb``
    the process's peak by megapixels, with the default method in tiles.

With ``--device`` all of it is computed there. On a graphics card the bytes are those on the card.

Each measurement runs in its own process, so that the peaks are independent.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / folder) for folder in ("daemon", "shared")]

from benchmark_pictures import gallery  # noqa: E402
from margin_tiles import style_gradient  # noqa: E402

from neural_style import weights  # noqa: E402
from neural_style.engine.minimise.minimiser import Minimiser  # noqa: E402
from neural_style.engine.minimise.minimisers import minimiser_for  # noqa: E402
from neural_style.engine.network.arithmetic import fastest_arithmetic  # noqa: E402
from neural_style.engine.network.networks import Networks  # noqa: E402
from neural_style.engine.network.vgg import load_weights  # noqa: E402
from neural_style.engine.objective.build import build_objective  # noqa: E402
from neural_style.engine.objective.collecting import WeightedStyle  # noqa: E402
from neural_style.engine.picture.colour_space import normalise  # noqa: E402
from neural_style.engine.picture.resize import Size, resize  # noqa: E402
from neural_style.engine.plan.devices import choose_device  # noqa: E402
from neural_style.engine.plan.execution_plan import LARGEST_TILE, ExecutionPlan  # noqa: E402
from neural_style.engine.plan.memory import held_memory  # noqa: E402
from neural_style.engine.presets import recipe_for  # noqa: E402
from neural_style.engine.terms.base import SummaryTerm  # noqa: E402
from neural_style.engine.terms.gram import gram_matrix  # noqa: E402
from neural_style.worker.allocator import keep_freed_memory  # noqa: E402
from neural_style_protocol.settings import Settings  # noqa: E402

METHODS: Mapping[str, Callable[[torch.device], ExecutionPlan]] = {
    "whole": lambda device: ExecutionPlan(device, None),
    "kept3": lambda device: ExecutionPlan(device, LARGEST_TILE, 3),
    "kept2": lambda device: ExecutionPlan(device, LARGEST_TILE, 2),
    "kept1": lambda device: ExecutionPlan(device, LARGEST_TILE, 1),
    "lean": lambda device: ExecutionPlan(device, LARGEST_TILE, 1, low_memory=True),
}
MARGIN = "margin"
DEFAULT = "kept2"
RATIO_MEGAPIXELS = 0.96
STYLE_MEGAPIXELS = 0.25
SYNTHETIC_STEPS = 6


@dataclass(frozen=True)
class Measured:
    """The figures of one process.

    Attributes:
        seconds: the time of each evaluation.
        cpu_seconds: the CPU time of each evaluation.
        before: bytes after loading the pictures, before any computing: resident ones, or allocated
            ones on a graphics card.
        peak: the most bytes.
    """

    megapixels: float
    seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]
    before: int
    peak: int


def main() -> None:
    options = _options()
    if options.method:
        keep_freed_memory()  # as the daemon's worker does
        print(json.dumps(asdict(_measure(options))))
        return
    with tempfile.TemporaryDirectory() as folder:
        options.weights = weights.ensure(Path(folder))
        found = gallery(Path(folder))
        content, style = found.pairs[0]
        options.content = options.content or found.path(content)
        options.style = options.style or found.path(style)
        painted = found.named(options.content, options.style)
        report = {"pictures": painted, **_report(_Runner(options), options)}
    print(json.dumps(report) if options.json else json.dumps(report, indent=2))


def _report(run: _Runner, options: argparse.Namespace) -> dict[str, object]:
    at_ratio = {
        name: run(RATIO_MEGAPIXELS, name, options.rounds + 1) for name in options.methods.split(",")
    }
    wall = {name: min(found.seconds[1:]) for name, found in at_ratio.items()}
    cpu = {name: min(found.cpu_seconds[1:]) for name, found in at_ratio.items()}
    sizes = [float(size) for size in options.sizes.split(",")]
    by_size = {size: run(size, DEFAULT, options.rounds) for size in sizes}
    small, large = (float(size) for size in options.memory_sizes.split(","))
    features = [run(size, "lean", 1) for size in (small, large)]
    everything = [run(size, "lean", 1, "--minimiser") for size in (small, large)]
    return {
        "threads": torch.get_num_threads(),
        "device": choose_device(options.device).name,
        "arithmetic": _arithmetic(choose_device(options.device).device),
        "whole_seconds": round(wall["whole"], 3),
        "tiled_over_whole_time": _ratios(wall),
        "tiled_over_whole_cpu_time": _ratios(cpu),
        "seconds_per_megapixel": {
            f"{size:g}": round(min(found.seconds) / found.megapixels, 3)
            for size, found in by_size.items()
        },
        "cpu_seconds_per_megapixel": {
            f"{size:g}": round(min(found.cpu_seconds) / found.megapixels, 3)
            for size, found in by_size.items()
        },
        "bytes_per_pixel": {
            "features": round(_slope(features, since_start=True) - 3 * 4, 1),
            "all": round(_slope(everything, since_start=False), 1),
        },
        "peak_mb": {f"{size:g}": found.peak // 2**20 for size, found in by_size.items()},
    }


def _ratios(seconds: dict[str, float]) -> dict[str, float]:
    return {
        name: round(value / seconds["whole"], 3)
        for name, value in seconds.items()
        if name != "whole"
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--content", type=Path)
    parser.add_argument("--style", type=Path)
    parser.add_argument("--sizes", default="1,4", help="megapixels, for time and peak")
    parser.add_argument("--memory-sizes", default="2,6", help="two sizes, for bytes per pixel")
    parser.add_argument("--methods", default=",".join([*METHODS, MARGIN]))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="cpu, auto, cuda, cuda:1")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--weights", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--method", choices=[*METHODS, MARGIN], help=argparse.SUPPRESS)
    parser.add_argument("--megapixels", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--minimiser", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


class _Runner:
    """Starts a process for each measurement."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    def __call__(self, megapixels: float, method: str, rounds: int, *more: str) -> Measured:
        options = self._options
        paths = {"weights": options.weights, "content": options.content, "style": options.style}
        numbers = {
            "method": method,
            "megapixels": megapixels,
            "rounds": rounds,
            "device": options.device,
        }
        asked = [f"--{name}={value}" for name, value in {**paths, **numbers}.items()]
        command = [sys.executable, __file__, *asked, *more]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found = Measured(**json.loads(done.stdout))
        seconds = " ".join(f"{value:.2f}" for value in found.seconds)
        print(f"{megapixels:g} MP {method}: {seconds} s, {found.peak >> 20} MB", file=sys.stderr)
        return found


def _slope(pair: list[Measured], *, since_start: bool) -> float:
    """The growth of the peak, in bytes per pixel."""
    small, large = pair
    grown = large.peak - small.peak
    if since_start:
        grown -= large.before - small.before
    return grown / ((large.megapixels - small.megapixels) * 1e6)


def _arithmetic(device: torch.device) -> str:
    """The arithmetic that the daemon uses on this machine."""
    found = fastest_arithmetic(device, {})
    return "int8" if found.products == "integers" else str(found)


def _measure(options: argparse.Namespace) -> Measured:
    if options.method == MARGIN:
        return _measure_margin_tiles(options)
    device = choose_device(options.device).device
    method = METHODS[options.method](device)
    vgg = Networks(load_weights(options.weights)).on(device, "fastest")
    content = _picture(options.content, options.megapixels).to(device)
    style = _picture(options.style, STYLE_MEGAPIXELS).to(device)
    size: Size = (content.shape[-2], content.shape[-1])
    recipe = recipe_for(Settings(size=max(size)), size)
    before = held_memory(device)
    minimiser = minimiser_for(recipe.minimiser, content)
    if method.low_memory:
        minimiser.reduce_memory()
    if options.minimiser:
        _take_synthetic_steps(minimiser, content)
    styles = [WeightedStyle(style, 1.0)]
    tiling = method.tiling(recipe.architecture)
    objective = build_objective(vgg, recipe, content, styles, tiling=tiling)
    if not options.minimiser:
        del minimiser
    watch = _Watch()
    for _ in range(options.rounds):
        with watch:
            result = objective.evaluate(content if not options.minimiser else minimiser.point)
            assert result.losses.terms  # which waits until a graphics card has computed them
        if options.minimiser:
            minimiser.advance(result.losses.total, minimiser.measure(result.gradient).tolist())
    return watch.measured(size, before, device)


def _measure_margin_tiles(options: argparse.Namespace) -> Measured:
    device = choose_device(options.device).device
    vgg = Networks(load_weights(options.weights)).on(device, "fastest")
    content = _picture(options.content, options.megapixels).to(device)
    size: Size = (content.shape[-2], content.shape[-1])
    recipe = recipe_for(Settings(size=max(size)), size)
    before = held_memory(device)
    names = [term.layer for term in recipe.terms if isinstance(term, SummaryTerm)]
    with torch.no_grad():
        features = vgg.features(_picture(options.style, STYLE_MEGAPIXELS).to(device), names)
        targets = {name: gram_matrix(features[name]) for name in names}
    watch = _Watch()
    for _ in range(options.rounds):
        with watch:
            found = style_gradient(vgg, recipe.architecture, content, targets)
            assert bool(found.isfinite().all())
    return watch.measured(size, before, device)


def _take_synthetic_steps(minimiser: Minimiser, content: Tensor) -> None:
    """Fill the minimiser's history without evaluations."""
    for step in range(SYNTHETIC_STEPS):
        away = minimiser.point - 0.5 * content
        loss = float(away.square().mean()) * (1 - 0.01 * step)
        minimiser.advance(loss, minimiser.measure(away / away.numel()).tolist())


class _Watch:
    """Measures the time and the CPU time of its block."""

    def __init__(self) -> None:
        self._wall: list[float] = []
        self._cpu: list[float] = []

    def __enter__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        wall, cpu = self._began
        self._wall.append(time.perf_counter() - wall)
        self._cpu.append(time.process_time() - cpu)

    def measured(self, size: Size, before: int, device: torch.device) -> Measured:
        peak = _peak(device)
        pixels = size[0] * size[1]
        return Measured(pixels / 1e6, tuple(self._wall), tuple(self._cpu), before, peak)


def _peak(device: torch.device) -> int:
    """The most bytes of this process so far: on a graphics card, or resident ones (Linux)."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _picture(path: Path, megapixels: float) -> Tensor:
    """The picture at that size, normalised (1, 3, h, w)."""
    with Image.open(path) as image:
        pixels = torch.from_numpy(np.array(image.convert("RGB")))
    pixels = pixels.permute(2, 0, 1).float().div(255)
    height, width = pixels.shape[1:]
    ratio = (megapixels * 1e6 / (height * width)) ** 0.5
    size = (round(height * ratio), round(width * ratio))
    return normalise(resize(pixels, size).clamp(0, 1)).unsqueeze(0)


if __name__ == "__main__":
    main()
