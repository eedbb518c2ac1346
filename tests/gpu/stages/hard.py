"""What if it is hard? Little memory, failures, and what is left afterwards."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Tensor

from gpu.stages.stage import Bench, Found, paint, picture
from neural_style.engine import Progress, Render, StyleImage, Stylizer, Task
from neural_style.engine.minimise.lbfgs import LbfgsMinimiser
from neural_style.engine.picture.canvas import Canvas
from neural_style.engine.plan.devices import is_device_failure
from neural_style.engine.plan.memory import held_memory, is_out_of_memory
from neural_style_protocol.settings import Settings

ROOT = Path(__file__).parents[3]
GIBIBYTE = 1 << 30


def little_memory(bench: Bench) -> Found:
    """12 megapixels while others hold most of the card."""
    found, stylizer = Found(), bench.stylizer()
    stylizer.warm_up()
    for gibibytes in (40, 8, 3, 1, 0.3):
        with bench.hog(round(gibibytes * GIBIBYTE)):
            made = paint(stylizer, bench.sized(4243, 32), iterations=1)
        name = f"with {gibibytes} GiB"
        found.must(f"{name} it is painted", made.outcome.ending == "finished")
        found.values[name] = [str(notice) for notice in made.notices]
    return found


def thrown(bench: Bench) -> Found:
    """Memory that runs out in one part of a step after the other."""
    found, stylizer = Found(), bench.stylizer()
    for owner, name in (
        (Canvas, "painted"),
        (Canvas, "seen"),
        (LbfgsMinimiser, "measure"),
        (LbfgsMinimiser, "_step"),
    ):
        with patch.object(owner, name, _failing_once(getattr(owner, name), bench)):
            made = paint(
                stylizer, bench.sized(512, 32), lambda _, render: bool(render().shape), iterations=4
            )
        found.must(f"out of memory in {name}: it is painted", made.outcome.steps >= 4)
    return found


def full_at_start(bench: Bench) -> Found:
    """A card without any memory left."""
    found = Found()
    with bench.hog(32 << 20):
        stylizer = Stylizer(bench.weights, device="auto")
        stylizer.warm_up()
        made = paint(stylizer, 64 if not bench.tiny else 32, iterations=1)
    found.must("it is painted", made.outcome.steps > 0)
    found.values["notice"] = str(stylizer.notice or [str(it) for it in made.notices])
    return found


def poisoned(bench: Bench) -> Found:
    """An assertion on the card: every operation fails from then on, and is known as such."""
    found, stylizer = Found(), bench.stylizer()

    def poison(progress: Progress, _render: Render) -> bool:
        if progress.step == 2 and bench.pretended is not None:
            bench.pretended.fault = _assertion
        elif progress.step == 2:
            torch._assert_async(torch.zeros(1, device=bench.device))
        return True

    try:
        paint(stylizer, bench.sized(256, 32), poison, iterations=6)
        found.must("the card has failed", False)
    except RuntimeError as problem:
        found.values["said"] = str(problem).partition("\n")[0]
        is_known = is_device_failure(problem) and not is_out_of_memory(problem)
        found.must("the failure is known as the card's", is_known)
    return found


def given_back(bench: Bench) -> Found:
    """Memory after a picture, against that before it."""
    found, stylizer = Found(), bench.stylizer()
    stylizer.warm_up()
    paint(stylizer, bench.sized(1024, 32), iterations=2)
    before = held_memory(bench.device)
    paint(stylizer, bench.sized(2048, 48), iterations=2)
    gc.collect()
    found.at_most("bytes kept after a picture", held_memory(bench.device) - before, 64 << 20)
    return found


def cancelled(bench: Bench) -> Found:
    """How soon a large picture stops."""
    found, stylizer = Found(), bench.stylizer()
    asked: list[float] = []

    def stop() -> bool:
        return bool(asked)

    def observe(progress: Progress, _render: Render) -> bool:
        if progress.size[0] >= bench.sized(6000, 32) and not asked:
            asked.append(time.perf_counter())
        return True

    side = bench.sized(6000, 32)
    task = Task(
        picture("china", side),
        (StyleImage(picture("strokes", 400)),),
        Settings.from_dict({"preset": "draft", "size": side, "iterations": 4}),
    )
    ending = stylizer.stylize(task, observe, should_stop=stop).ending
    seconds = time.perf_counter() - asked[0]
    found.must("it stops or ends", ending in {"stopped", "finished"})
    found.at_most("seconds until it has stopped", seconds, 0.5 if not bench.tiny else 600.0)
    return found


def killed(bench: Bench) -> Found:
    """A worker that is killed in the middle of a picture, through the daemon."""
    if bench.pretended is not None:
        return Found({"skipped": "the suite has tests/gpu/test_lost_card.py"})
    command = [sys.executable, "-m", "pytest", "tests/cli/test_real_engine.py", "-q"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = Found({"said": done.stdout.splitlines()[-1:]})
    found.must("pictures outlive their worker", done.returncode == 0)
    return found


def _assertion(operation: str) -> None:
    raise RuntimeError("CUDA error: device-side assert triggered")


def _failing_once(real: Callable[..., object], bench: Bench) -> Callable[..., object]:
    """The method, which runs out of memory at its second call on the card."""
    calls = 0

    def method(*arguments: object) -> object:
        nonlocal calls
        on_card = any(isinstance(it, Tensor) and it.device == bench.device for it in arguments)
        calls += on_card
        if on_card and calls == 2:
            raise torch.OutOfMemoryError("CUDA out of memory (thrown by the test).")
        return real(*arguments)

    return method
