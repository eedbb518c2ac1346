"""One picture over ranks on this machine: what they send, and what a second one is worth.

``python benchmarks/ranks.py --json`` prints

``traffic``
    bytes that all ranks together send in one evaluation: ``foretold`` by
    ``neural_style.ranks.costs``, and ``measured`` at the loopback interface. Without another
    program's traffic there: run it in a network of its own, as by ``unshare --net``;
``efficiency``
    T₁ / (N · T_N) of one evaluation and the minimiser's step, with each rank on a core of its own:
    in ``wall`` seconds, which mean something on a quiet machine only, and in ``processor`` seconds,
    which leave out what ranks wait for each other;
``seconds``
    of one evaluation, by the number of ranks: the slowest rank's.

T₁ is one process that computes the same picture in the same tiles.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch.nn import functional as F

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / folder) for folder in ("daemon", "shared")]

from neural_style import weights  # noqa: E402
from neural_style.engine.minimise.minimisers import minimiser_for  # noqa: E402
from neural_style.engine.network.networks import Networks  # noqa: E402
from neural_style.engine.network.vgg import load_weights  # noqa: E402
from neural_style.engine.objective.build import build_objective  # noqa: E402
from neural_style.engine.objective.collecting import WeightedStyle  # noqa: E402
from neural_style.engine.picture.colour_space import normalise  # noqa: E402
from neural_style.engine.plan.execution_plan import LARGEST_TILE, ExecutionPlan  # noqa: E402
from neural_style.engine.presets import recipe_for  # noqa: E402
from neural_style.engine.share import bands_of  # noqa: E402
from neural_style.ranks.costs import traffic_of  # noqa: E402
from neural_style.ranks.group import joined  # noqa: E402
from neural_style.worker.allocator import keep_freed_memory  # noqa: E402
from neural_style_protocol.paths import Home  # noqa: E402
from neural_style_protocol.settings import Settings  # noqa: E402

CPU = torch.device("cpu")
INTERFACES = Path("/proc/net/dev")
STYLE_SIZE = (512, 512)


@dataclass(frozen=True)
class Measured:
    """Of one rank.

    Attributes:
        wall, processor: median seconds of an evaluation and the minimiser's step.
        loopback: bytes that the machine sent to itself in an evaluation; None if not known.
        foretold: bytes that this rank sends in an evaluation.
    """

    wall: float
    processor: float
    loopback: float | None
    foretold: int


def main() -> None:
    options = _options()
    if options.rank:
        print(json.dumps(asdict(_rank(options))))
        return
    weights.ensure(Home.find().weights)
    found = {count: _ranks(count, options) for count in (1, options.ranks)}
    print(json.dumps(_report(found, options), indent=None if options.json else 1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one line")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--megapixels", type=float, default=4.0)
    parser.add_argument("--evaluations", type=int, default=5)
    parser.add_argument("--tile", type=int, default=LARGEST_TILE)
    parser.add_argument("--kept", type=int, default=2, help="blocks that keep their activations")
    parser.add_argument("--arithmetic", default="bfloat16", help="see engine/network/arithmetic.py")
    parser.add_argument("--rank", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _report(found: dict[int, list[Measured]], options: argparse.Namespace) -> dict[str, object]:
    (alone,), together = found[1], found[options.ranks]
    wall, processor = max(m.wall for m in together), max(m.processor for m in together)
    measured = statistics.median([m.loopback for m in together if m.loopback is not None] or [0])
    return {
        "megapixels": options.megapixels,
        "ranks": options.ranks,
        "arithmetic": options.arithmetic,
        "traffic": {"foretold": sum(m.foretold for m in together), "measured": measured},
        "efficiency": {
            "wall": alone.wall / (options.ranks * wall),
            "processor": alone.processor / (options.ranks * processor),
        },
        "seconds": {
            "wall": {"1": alone.wall, str(options.ranks): wall},
            "processor": {"1": alone.processor, str(options.ranks): processor},
        },
    }


def _ranks(count: int, options: argparse.Namespace) -> list[Measured]:
    """What each of ``count`` processes measures, each on a core of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < count:
        sys.exit(f"{count} ranks need {count} cores, and there are {len(cores)}.")
    shared = {
        "WORLD_SIZE": count,
        "LOCAL_WORLD_SIZE": count,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
        "OMP_NUM_THREADS": 1,
        "GLOO_SOCKET_IFNAME": "lo",
    }
    with tempfile.TemporaryDirectory() as folder:
        processes = []
        for rank in range(count):
            own = {**shared, "RANK": rank, "LOCAL_RANK": rank}
            with (Path(folder) / str(rank)).open("w") as out:
                processes.append(
                    subprocess.Popen(
                        [
                            *("taskset", "-c", str(cores[rank])),
                            *(sys.executable, __file__, *sys.argv[1:], "--rank"),
                        ],
                        env={**os.environ, **{name: str(value) for name, value in own.items()}},
                        stdout=out,
                    )
                )
        failed = [process.wait() != 0 for process in processes]
        if any(failed):
            sys.exit("A rank failed.")
        return [
            Measured(**json.loads((Path(folder) / str(rank)).read_text())) for rank in range(count)
        ]


def _rank(options: argparse.Namespace) -> Measured:
    keep_freed_memory()
    side = round((options.megapixels * 1e6) ** 0.5)
    recipe = recipe_for(Settings(), (side, side), (side, side))
    notes = {"fastest arithmetic": options.arithmetic}
    path = weights.path_of(Home.find().weights)
    vgg = Networks(load_weights(path), notes).on(CPU, recipe.precision)
    plan = ExecutionPlan(CPU, options.tile, options.kept)
    with joined("cpu") as group:
        bands = bands_of(group.share, side)
        content = normalise(_picture(side, side, seed=1)[:, bands.own.slice]).unsqueeze(0)
        styles = [WeightedStyle(normalise(_picture(*STYLE_SIZE, seed=2)).unsqueeze(0), 1.0)]
        tiling = plan.tiling(recipe.architecture)
        objective = build_objective(vgg, recipe, content, styles, tiling=tiling, bands=bands)
        minimiser = minimiser_for(recipe.minimiser, content, options.evaluations + 1, bands)
        walls, processors, loops = [], [], []
        for _ in range(options.evaluations + 1):  # the first one makes the kernels
            group.share.total(torch.zeros(1))  # all begin together
            sent, wall, processor = _loopback_bytes(), time.perf_counter(), time.process_time()
            found = objective.evaluate(minimiser.point)
            minimiser.advance(found.losses.total, minimiser.measure(found.gradient).tolist())
            walls.append(time.perf_counter() - wall)
            processors.append(time.process_time() - processor)
            group.share.total(torch.zeros(1))  # all have sent what they send
            if sent is not None:
                loops.append((_loopback_bytes() or 0) - sent)
        foretold = 0
        if not bands.are_one:
            foretold = traffic_of(recipe, vgg, plan, bands, side).bytes
    return Measured(
        statistics.median(walls[1:]),
        statistics.median(processors[1:]),
        statistics.median(loops[1:]) if loops else None,
        foretold,
    )


def _picture(height: int, width: int, seed: int) -> torch.Tensor:
    """(3, height, width) in [0, 1]: forms of several sizes, the same in each rank."""
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros(1, 3, height, width)
    for cells in (4, 16, 64):
        coarse = torch.rand((1, 3, cells, cells), generator=generator)
        total += F.interpolate(coarse, size=(height, width), mode="bicubic") / 3
    return total[0].clamp(0, 1)


def _loopback_bytes() -> int | None:
    """Bytes that this machine has sent to itself; None where the system does not say."""
    try:
        lines = INTERFACES.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, numbers = line.partition(":")
        if name.strip() == "lo":
            return int(numbers.split()[8])
    return None


if __name__ == "__main__":
    main()
