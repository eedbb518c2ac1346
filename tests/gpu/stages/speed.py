"""How fast is it? Evaluations by size and precision, the minimiser, and whole pictures."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from gpu.stages.stage import Bench, Found, paint, picture
from neural_style.engine import Progress, Render
from neural_style.engine.minimise.minimisers import minimiser_for
from neural_style.engine.network.vgg import Vgg, load_weights
from neural_style.engine.objective.build import WeightedStyle, build_objective
from neural_style.engine.objective.loss_scale import LossScale
from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.plan.memory import is_out_of_memory, release_memory
from neural_style.engine.presets import recipe_for
from neural_style_protocol.settings import Settings

ROUNDS = 5


def evaluations(bench: Bench) -> Found:
    """Milliseconds of one evaluation, and its peak of memory."""
    found = Found()
    dtypes = [torch.float32, torch.float16] + [torch.bfloat16] * (bench.device.type == "cuda")
    for side in bench.sized((128, 256, 512, 1024, 2048, 4096), (32,)):
        for dtype in dtypes:
            name = f"{side} px, {str(dtype).removeprefix('torch.')}"
            try:
                _time_evaluation(bench, found, side, dtype, name)
            except RuntimeError as problem:
                if not is_out_of_memory(problem):
                    raise
                found.values[name] = "too large for this card"
            release_memory(bench.device)
    return found


def minimiser(bench: Bench) -> Found:
    """Milliseconds of a step of L-BFGS with a full history, without the evaluation."""
    found = Found()
    for side in bench.sized((512, 1024, 2048), (32,)):
        recipe = recipe_for(Settings(size=side), (side, side))
        point = torch.zeros(1, 3, side, side, device=bench.device)
        steps = minimiser_for(recipe.minimiser, point)

        def step(steps: object = steps) -> None:
            gradient = steps.point - 1  # type: ignore[attr-defined]
            measured = steps.measure(gradient).tolist()  # type: ignore[attr-defined]
            steps.advance(1.0, measured)  # type: ignore[attr-defined]

        for _ in range(13):
            step()
        found.values[f"{side} px"] = _milliseconds(bench, step)
    return found


def presets(bench: Bench) -> Found:
    """Seconds of whole pictures in the engine, the network loaded, and until the first preview."""
    found, stylizer = Found(), bench.stylizer()
    stylizer.warm_up()
    sizes = bench.sized((512, 1024, 2048), (32,))
    for preset in bench.sized(("draft", "standard", "high"), ("draft",)):
        for side in sizes:
            began = time.perf_counter()
            previews: list[float] = []

            def watch(
                _progress: Progress,
                render: Render,
                previews: list[float] = previews,
                began: float = began,
            ) -> bool:
                if not previews:
                    render()
                    previews.append(time.perf_counter() - began)
                return True

            more = {"iterations": 2} if bench.tiny else {}
            paint(stylizer, side, watch, preset=preset, **more)
            found.values[f"{preset}, {side} px"] = round(time.perf_counter() - began, 3)
            found.values[f"{preset}, {side} px, first preview"] = round(previews[0], 3)
    return found


def large(bench: Bench) -> Found:
    """Seconds of pictures of 12 and 24 megapixels."""
    found, stylizer = Found(), bench.stylizer()
    for preset in bench.sized(("standard", "high"), ("draft",)):
        for side in bench.sized((4243, 6000), (48,)):
            began = time.perf_counter()
            more = {"iterations": 2} if bench.tiny else {}
            paint(stylizer, side, preset=preset, **more)
            found.values[f"{preset}, {side} px"] = round(time.perf_counter() - began, 3)
    return found


def _time_evaluation(bench: Bench, found: Found, side: int, dtype: torch.dtype, name: str) -> None:
    vgg = Vgg(load_weights(bench.weights), bench.device, dtype)
    content, style = (
        normalise(picture(which, side).to(bench.device)).unsqueeze(0)
        for which in ("china", "strokes")
    )
    recipe = recipe_for(Settings(size=side), (content.shape[2], content.shape[3]))
    objective = build_objective(vgg, recipe, content, [WeightedStyle(style, 1.0)])
    if bench.pretended is None and bench.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(bench.device)
    scale = LossScale(dtype, content.shape[2] * content.shape[3]).value
    found.values[name] = _milliseconds(bench, lambda: objective.evaluate(content, scale))
    if bench.pretended is None and bench.device.type == "cuda":
        found.values[f"{name}, bytes"] = torch.cuda.max_memory_allocated(bench.device)


def _milliseconds(bench: Bench, work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(bench.sized(ROUNDS, 1) + 1):
        bench.wait()
        began = time.perf_counter()
        work()
        bench.wait()
        best = min(best, time.perf_counter() - began)
    return round(best * 1000, 3)
