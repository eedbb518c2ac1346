"""One rank of a small picture in float64, started by the tests: ``python -m ranks.a_rank``.

It reads its work from the file that is named, and writes its rows of the paint.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from neural_style.engine.losses import Losses
from neural_style.engine.network.vgg import Vgg, load_weights
from neural_style.engine.objective.fitted import RunContext
from neural_style.engine.objective.style_cache import StyleCache
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.plan.ways import Ways
from neural_style.engine.presets import recipe_for
from neural_style.engine.recipe import Recipe
from neural_style.engine.scale_run import ScaleRun
from neural_style.engine.share import WHOLE, Bands, Share, bands_of
from neural_style.engine.task import StyleImage
from neural_style.ranks.checkpoints import Checkpoints
from neural_style.ranks.group import joined
from neural_style.ranks.run import Content, Place, Work, paint
from neural_style_protocol.settings import Settings

CPU = torch.device("cpu")


def picture(height: int, width: int, seed: int) -> Tensor:
    """(3, height, width) float64 in [0, 1], smooth with some detail."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand((1, 3, 6, 6), generator=generator, dtype=torch.float64)
    smooth = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bicubic")
    detail = torch.rand((3, height, width), generator=generator, dtype=torch.float64)
    return (smooth[0] + 0.2 * detail).clamp(0, 1)


def context_for(vgg: Vgg, share: Share) -> RunContext:
    plan = ExecutionPlan(CPU, None if share.count == 1 else 32, 1)
    return RunContext(
        plans=lambda size: [plan],
        network=lambda plan: vgg,
        exact_network=lambda plan: vgg,
        notice=print,
        style_cache=StyleCache(),
        check=lambda: None,
        ways=Ways({}, "float64"),
        share=share,
    )


def work_for(share: Share, said: dict[str, Any]) -> Work:
    height, width = said["size"]
    bands = bands_of(share, height)
    content = picture(height, width, 1)[:, bands.own.slice]
    styles = ((StyleImage(picture(60, 44, 2)), 0.7), (StyleImage(picture(40, 70, 3)), 0.3))
    settings = Settings(**{"size": max(said["size"]), **said["settings"]})
    recipe = recipe_for(settings, (height, width))
    return Work(Content(content, bands), styles, shortened(recipe, said["evaluations"]), 16)


def shortened(recipe: Recipe, most: int) -> Recipe:
    scales = tuple(replace(s, evaluations=min(most, s.evaluations)) for s in recipe.scales)
    return replace(recipe, scales=scales, precision="single")


def run(vgg: Vgg, share: Share, said: dict[str, Any]) -> Tensor:
    """This rank's rows of the paint."""
    work = work_for(share, said)
    checkpoints = Checkpoints(Path(said["folder"]), "a test", 0.0, share)

    def watch(place: Place, losses: Losses, at_scale: ScaleRun, bands: Bands) -> None:
        if said["folder"]:
            checkpoints.write_if_due(place, at_scale, bands)
        if [share.rank, place.step] == said["killed"]:
            os.kill(os.getpid(), signal.SIGKILL)

    found = checkpoints.newest(work) if said["folder"] else None
    return paint(work, lambda share: context_for(vgg, share), watch, found and found[0]).paint


def network(weights: Path) -> Vgg:
    return Vgg(load_weights(weights), CPU, torch.float64)


def alone(weights: Path, said: dict[str, Any]) -> Tensor:
    """The paint of one process."""
    return run(network(weights), WHOLE, said)


def main(order: Path) -> None:
    said = json.loads(order.read_text(encoding="utf-8"))
    torch.set_num_threads(1)
    # Memory that was not written yet is not a number.
    torch.use_deterministic_algorithms(True)
    with joined("cpu") as group:
        paint = run(network(Path(said["weights"])), group.share, said)
    torch.save(paint, order.with_name(f"paint-{os.environ['RANK']}.pt"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
