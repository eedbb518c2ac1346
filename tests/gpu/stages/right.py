"""Is it right? Facts of the card, gradients, tiles, the same bits twice, and waiting."""

from __future__ import annotations

import platform
import subprocess
import sys
import warnings
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

from gpu.stages.stage import Bench, Found, paint, picture
from neural_style.engine.network.arithmetic import fastest_arithmetic
from neural_style.engine.network.padding import Padding
from neural_style.engine.network.tiles.stages import Tiling
from neural_style.engine.network.vgg import Architecture, Vgg, load_weights
from neural_style.engine.objective.build import WeightedStyle, build_objective
from neural_style.engine.objective.loss_scale import LossScale
from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.plan.devices import compute_exactly, graphics_cards
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.presets import recipe_for
from neural_style.engine.recipe import Recipe
from neural_style_protocol.settings import Settings

ROOT = Path(__file__).parents[3]
CPU = torch.device("cpu")
HALVES = ((torch.bfloat16, 0.98), (torch.float16, 0.995))
"""The types of two bytes, and the least cosine of their gradient with the exact one."""
PADDINGS: tuple[Padding, ...] = ("zeros", "replicate", "circular")


def facts(bench: Bench) -> Found:
    """The card and the software."""
    found = Found({"torch": torch.__version__, "python": platform.python_version()})
    for card in graphics_cards():
        found.values[str(card.device)] = card.name
        found.values[f"{card.device} free bytes"] = card.free_bytes
    if bench.device.type == "cuda":
        found.values["capability"] = list(torch.cuda.get_device_capability(bench.device))
    if bench.pretended is None:
        found.values["builds"] = torch.cuda.get_arch_list()
        found.values["cuda"] = torch.version.cuda or torch.version.hip
        found.values["cudnn"] = torch.backends.cudnn.version()
    found.values["fastest"] = str(fastest_arithmetic(bench.device, {}).dtype)
    return found


def suite(bench: Bench) -> Found:
    """The engine's own tests, whose fixtures take every device that there is."""
    if bench.pretended is not None:
        return Found({"skipped": "the suite has its own tests on pretended cards"})
    command = [sys.executable, "-m", "pytest", "tests/engine", "-q", "-m", "not slow"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = Found({"said": done.stdout.splitlines()[-1:]})
    found.must("the engine's tests pass", done.returncode == 0)
    return found


def gradients(bench: Bench) -> Found:
    """Against the processor's in float64, for every padding, whole and in tiles."""
    compute_exactly()
    found, side = Found(), bench.sized(160, 40)
    for padding in PADDINGS:
        expected = _gradient(bench, CPU, torch.float64, padding, side)
        for way, tiling in {"whole": None, "in tiles": ExecutionPlan(CPU, 64, 1)}.items():
            name = f"{padding}, {way}"
            cut = None if tiling is None else tiling.tiling(Architecture(padding))
            if bench.device.type == "cuda":
                exact = _gradient(bench, bench.device, torch.float64, padding, side, cut)
                found.at_most(f"float64: {name}", _error(exact, expected), 1e-10)
            single = _gradient(bench, bench.device, torch.float32, padding, side, cut)
            found.at_most(f"float32: {name}", _error(single, expected), 1e-4)
            for dtype, bound in HALVES if bench.device.type == "cuda" else HALVES[1:]:
                half = _gradient(bench, bench.device, dtype, padding, side, cut)
                cosine = _cosine(half, expected)
                found.at_least(f"{str(dtype)[6:]}: {name}: cosine", cosine, bound)
    return found


def tiles(bench: Bench) -> Found:
    """The same losses and gradient in every way."""
    found, side = Found(), bench.sized(1500, 48)
    dtype, bound = torch.float64, 1e-10
    if bench.device.type == "mps":
        dtype, bound = torch.float32, 1e-4
    paddings: tuple[Padding, ...] = ("replicate", "circular")
    for padding in paddings:
        whole = _gradient(bench, bench.device, dtype, padding, side)
        for plan in (
            *(ExecutionPlan(CPU, tile, 3) for tile in bench.sized((704, 256, 128), (32,))),
            *(ExecutionPlan(CPU, bench.sized(256, 32), kept) for kept in (0, 1, 2)),
            ExecutionPlan(CPU, bench.sized(256, 32), 1, low_memory=True),
        ):
            cut = plan.tiling(Architecture(padding))
            tiled = _gradient(bench, bench.device, dtype, padding, side, cut)
            lean = ", lean" if plan.low_memory else ""
            name = f"{padding}, tiles of {plan.tile}, {plan.kept} kept{lean}"
            found.at_most(name, _error(tiled, whole), bound)
    return found


def same_seed(bench: Bench) -> Found:
    """The same picture twice, bit for bit."""
    found, stylizer = Found(), bench.stylizer()
    cases: dict[str, dict[str, object]] = {
        "usual": {},
        "seamless": {"tileable": True},
        "noise": {"initial": "noise"},
        "textbook": {"preset": "textbook"},
    }
    for name, settings in cases.items():
        first, second = (
            paint(stylizer, bench.sized(512, 32), iterations=bench.sized(12, 2), **settings)
            for _ in range(2)
        )
        found.must(f"same bits: {name}", torch.equal(first.outcome.image, second.outcome.image))
    return found


def waits(bench: Bench) -> Found:
    """How often the processor waits for the card in a step."""
    if bench.pretended is None and bench.device.type != "cuda":
        return Found({"skipped": "PyTorch counts them on CUDA alone"})
    found, counts, stylizer = Found(), [], bench.stylizer()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        if bench.pretended is None:
            torch.cuda.set_sync_debug_mode("warn")

        def count(*_: object) -> bool:
            if bench.pretended is not None:
                counts.append(sum(bench.pretended.noted("sync").values()))
            else:
                counts.append(sum("synchronizing" in str(it.message) for it in said))
            return True

        paint(stylizer, bench.sized(512, 32), count, iterations=5)
        if bench.pretended is None:
            torch.cuda.set_sync_debug_mode("default")
    steps = [after - before for before, after in pairwise(counts)]
    found.at_most("waits in a step", min(steps), 1)
    found.values["waits"] = steps
    return found


def textbook(bench: Bench) -> Found:
    """The textbook's losses, against the processor's."""
    found, losses = Found(), []
    for device in (bench.device, CPU):
        stylizer = Bench(device, None, bench.tiny, bench.home).stylizer()
        settings = {"preset": "textbook", "iterations": bench.sized(20, 3)}
        losses.append(paint(stylizer, bench.sized(450, 32), **settings).losses)
    pairs = zip(*losses, strict=True)
    found.at_most("textbook's losses", max(abs(a / b - 1) for a, b in pairs), 0.01)
    return found


def _gradient(
    bench: Bench,
    device: torch.device,
    dtype: torch.dtype,
    padding: Padding,
    side: int,
    tiling: Tiling | None = None,
) -> Tensor:
    """The gradient of the painting objective, on the processor in float64."""
    vgg = Vgg(load_weights(bench.weights), device, dtype)
    wide = torch.promote_types(dtype, torch.float32)
    content, style = (
        normalise(picture(name, side).to(wide).to(device)).unsqueeze(0)
        for name in ("china", "strokes")
    )
    recipe = _recipe(side, padding)
    objective = build_objective(vgg, recipe, content, [WeightedStyle(style, 1.0)], tiling=tiling)
    scale = LossScale(dtype, content.shape[2] * content.shape[3]).value
    return objective.evaluate(content.flip(-1), scale).gradient.cpu().double()


def _recipe(side: int, padding: Padding) -> Recipe:
    recipe = recipe_for(Settings(size=side), (side, side))
    return Recipe(**{**vars(recipe), "architecture": Architecture(padding)})


def _error(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


def _cosine(found: Tensor, expected: Tensor) -> float:
    return float((found * expected).sum() / (found.norm() * expected.norm()))
