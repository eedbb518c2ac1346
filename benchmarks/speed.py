"""``python benchmarks/speed.py --json``: how many times faster we are than the textbook.

Both sides have the same pair of pictures, network, threads and objective: the textbook's, at
300 × 450. The textbook's side is its own recipe in float32 (textbook_reference.py): Adam, 500
steps. Here it is timed over a part of them, checked against the loss curve of a full run, and
scaled up. The full runs on the project's pictures are in textbook_runs/; for other pictures a full
run is made first, which can take half an hour. Our side is the engine's objective and minimiser.
Its time is measured from the pictures' pixels to the first iterate whose loss is the textbook's
final loss or less; that loss is computed in float32 at full size, outside the measured time. There
are two races:

* with the visible picture, clamped to [0, 1] and rounded to 8 bits; the engine adds its penalty on
  values out of range to the objective;
* with the unclamped iterate, without that penalty.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / folder) for folder in ("daemon", "shared")]

import textbook_reference as textbook  # noqa: E402
from benchmark_pictures import Gallery, gallery  # noqa: E402

from neural_style import weights  # noqa: E402
from neural_style.engine.minimise.minimisers import minimiser_for  # noqa: E402
from neural_style.engine.minimise.steps import LbfgsSteps  # noqa: E402
from neural_style.engine.network.int8.vgg import QuantisableVgg  # noqa: E402
from neural_style.engine.network.networks import Networks  # noqa: E402
from neural_style.engine.network.vgg import Architecture, Vgg, load_weights  # noqa: E402
from neural_style.engine.objective.build import build_objective  # noqa: E402
from neural_style.engine.objective.collecting import WeightedStyle  # noqa: E402
from neural_style.engine.picture.canvas import Colours  # noqa: E402
from neural_style.engine.picture.recolour import match_colours  # noqa: E402
from neural_style.engine.plan.devices import choose_device  # noqa: E402
from neural_style.engine.presets import TEXTBOOK_TERMS  # noqa: E402
from neural_style.engine.recipe import Recipe, Scale  # noqa: E402
from neural_style.engine.terms.pixel import Range  # noqa: E402
from neural_style.worker.allocator import keep_freed_memory  # noqa: E402

PAIR_COUNT = 3
MOST_EVALUATIONS = 200
RANGE_WEIGHT = 100.0
MEASURE_BELOW = 1.05
"""The float32 loss is measured only when our own loss is within this factor of the target."""
MEASURED_TOGETHER = 8
"""Iterates that are kept and measured together, because each measurement evicts the timed code's
data from the caches."""
EVALUATION_FLOPS = 4 * 48.4e9
"""A multiply-add counts as two; the backward pass costs as much as the forward pass."""
MATRIX_SIDE = 2048


Clock: TypeAlias = Callable[[], float]


@dataclass(frozen=True)
class Race:
    """Our run until the textbook's final loss, or until the limit of evaluations."""

    reached: bool
    evaluations: int
    seconds: float
    first_call_seconds: float
    seconds_per_evaluation: float
    loss: float


@dataclass(frozen=True)
class PairResult:
    """One line of the benchmark. A ratio is 0 if the loss was not reached.

    ``pictures`` is the set of the pair (benchmark_pictures.py). ``peak_share`` is the speed
    relative to matrix products in the arithmetic of our convolutions.
    """

    pictures: str
    pair: str
    textbook_seconds: float
    textbook_final_loss: float
    textbook_final_loss_8bit: float
    our_seconds: float
    our_evaluations: int
    ratio_8bit: float
    ratio_unclamped: float
    arithmetic: str
    peak_share: float
    peak_share_of_bfloat16: float
    race_8bit: Race
    race_unclamped: Race


def race(
    vgg: Vgg,
    pictures: tuple[Tensor, Tensor],
    measured: Callable[[Tensor], float],
    target: float,
    range_weight: float,
    clock: Clock,
) -> Race:
    """Run our engine on the textbook's objective until the measured loss is ``target`` or less."""
    content, style = pictures
    recipe = Recipe(
        terms=(*TEXTBOOK_TERMS, Range(range_weight)),
        architecture=Architecture(padding="zeros", pooling="max"),
        minimiser=LbfgsSteps(history=20, octaves=7),
        scales=(Scale(textbook.IMAGE_SHAPE, MOST_EVALUATIONS),),
        frame_evaluations=1,
        precision="fastest",
        resampling="textbook",
        untouched=False,
        colours=Colours(),
    )
    began = clock()
    objective = build_objective(vgg, recipe, content, [WeightedStyle(style, 1.0)])
    start = match_colours(content.squeeze(0), style.squeeze(0)).unsqueeze(0)
    minimiser = minimiser_for(recipe.minimiser, start)
    seconds = clock() - began
    laps: list[float] = []
    loss = float("inf")
    while loss > target and len(laps) < MOST_EVALUATIONS:
        iterates: list[tuple[float, Tensor]] = []
        for _ in range(MEASURED_TOGETHER):
            began = clock()
            result = objective.evaluate(minimiser.point)
            minimiser.advance(result.losses.total, minimiser.measure(result.gradient).tolist())
            laps.append(clock() - began)
            iterates.append((result.losses.total, minimiser.point))
        for place, (own, point) in enumerate(iterates, len(laps) - len(iterates)):
            if own < MEASURE_BELOW * target and (loss := measured(point)) <= target:
                laps = laps[: place + 1]
                break
    lap = statistics.median(laps)
    return Race(
        reached=loss <= target,
        evaluations=len(laps),
        seconds=round(seconds + sum(laps), 2),
        first_call_seconds=round(seconds + laps[0] - lap, 2),
        seconds_per_evaluation=round(lap, 4),
        loss=round(loss, 3),
    )


def run_pair(
    vgg: Vgg,
    weights_file: Path,
    found: Gallery,
    names: tuple[str, str],
    timed_steps: int,
    clock: Clock,
) -> PairResult:
    """Run both sides on one pair of pictures."""
    device = vgg.device
    content, style = (textbook.preprocess(found.path(name)).to(device) for name in names)
    network = textbook.load_network(weights_file).to(device)
    reference = textbook.Objective(network, content, style)
    full = _full_run(reference, content, names)
    timed = textbook.train(reference, content, timed_steps, clock)
    _check_same_run(timed.curve, full["curve"])
    textbook_seconds = timed.seconds / timed_steps * textbook.STEPS

    def seen(image: Tensor) -> float:
        return reference.of(textbook.eight_bit(image))

    eight_bit = race(vgg, (content, style), seen, full["final_loss_8bit"], RANGE_WEIGHT, clock)
    unclamped = race(vgg, (content, style), reference.of, full["final_loss"], 0.0, clock)
    arithmetic = torch.int8 if isinstance(vgg, QuantisableVgg) else vgg.dtype
    flops = EVALUATION_FLOPS / eight_bit.seconds_per_evaluation
    return PairResult(
        pictures=found.called,
        pair=" × ".join(names),
        textbook_seconds=round(textbook_seconds, 1),
        textbook_final_loss=round(full["final_loss"], 3),
        textbook_final_loss_8bit=round(full["final_loss_8bit"], 3),
        our_seconds=eight_bit.seconds,
        our_evaluations=eight_bit.evaluations,
        ratio_8bit=_ratio(textbook_seconds, eight_bit),
        ratio_unclamped=_ratio(textbook_seconds, unclamped),
        arithmetic=str(arithmetic).removeprefix("torch."),
        peak_share=round(flops / matrix_peak(arithmetic, device, clock), 3),
        peak_share_of_bfloat16=round(flops / matrix_peak(torch.bfloat16, device, clock), 3),
        race_8bit=eight_bit,
        race_unclamped=unclamped,
    )


def _full_run(
    reference: textbook.Objective, content: Tensor, names: tuple[str, str]
) -> dict[str, Any]:
    """The textbook's final figures: the stored ones of this pair, or those of a new run."""
    kept = HERE / "textbook_runs" / f"{'-'.join(names)}.json"
    if kept.is_file():
        figures: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return figures
    return textbook.figures_of(reference, textbook.train(reference, content))


def _ratio(textbook_seconds: float, ours: Race) -> float:
    return round(textbook_seconds / ours.seconds, 1) if ours.reached else 0.0


def _check_same_run(curve: tuple[float, ...], full: list[float]) -> None:
    for step, (here, kept) in enumerate(zip(curve, full, strict=False)):
        if abs(here - kept) > 0.05 * kept:
            raise SystemExit(f"step {step}: loss {here} here, but {kept} in the run that was kept")


def seconds_on(device: torch.device) -> float:
    """The time when all that was begun on ``device`` is computed."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
    return time.perf_counter()


def matrix_peak(dtype: torch.dtype, device: torch.device, clock: Clock) -> float:
    """Operations per second of a large square matrix product, the best of a few."""
    a = torch.ones(MATRIX_SIDE, MATRIX_SIDE, dtype=dtype, device=device)
    product = torch._int_mm if dtype == torch.int8 else torch.mm
    best = float("inf")
    for _ in range(8):
        began = clock()
        product(a, a)
        best = min(best, clock() - began)
    return 2 * MATRIX_SIDE**3 / best


def main() -> None:
    """Run the benchmark."""
    keep_freed_memory()  # for both sides, as in the daemon
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--threads", type=int, default=0, help="0 leaves torch's own choice")
    parser.add_argument("--textbook-steps", type=int, default=50, help="steps that are timed")
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="for a machine that others use: with --threads 1, time that was really computed",
    )
    parser.add_argument("--pair", type=int, choices=range(PAIR_COUNT), action="append")
    parser.add_argument("--device", default="cpu", help="of both sides: cpu, auto, cuda, cuda:1")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    device = choose_device(options.device).device
    clock = time.process_time if options.processor_time else partial(seconds_on, device)
    with tempfile.TemporaryDirectory() as folder:
        file = weights.ensure(Path(folder))
        vgg = Networks(load_weights(file)).on(device, "fastest")
        found = gallery(Path(folder))
        results = [
            run_pair(vgg, file, found, found.pairs[index], options.textbook_steps, clock)
            for index in options.pair or range(PAIR_COUNT)
        ]
    if options.json:
        print(json.dumps([asdict(result) for result in results], indent=2, ensure_ascii=False))
        return
    for result in results:
        print(
            f"{result.pair} ({result.pictures} pictures): "
            f"{result.ratio_8bit}× to the picture ({result.our_evaluations} "
            f"evaluations, {result.our_seconds} s), {result.ratio_unclamped}× unclamped"
        )


if __name__ == "__main__":
    main()
