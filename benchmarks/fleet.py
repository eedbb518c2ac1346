"""Whether two one-core actors of Ray paint more pictures than one worker with both cores.

``python benchmarks/fleet.py --json`` starts a real daemon with one worker of two threads, and a
cluster of Ray on this machine with actors of one thread each; it needs the extra ``cluster``. They
paint the same pictures in turn, several times, so that other work on the machine delays all of
them. The arithmetic is the same everywhere.

``pictures_an_hour``
    of each round: by ``worker`` (two threads), by ``1`` actor and by ``2`` actors;
``gain``
    the median, over the rounds, of the pictures an hour by so many actors, divided by the worker's
    in the same round;
``processor_seconds``
    of the computing processes for a picture, the median: what a busy machine does not change much;
``efficiency``
    the median of two actors' pictures an hour, divided by twice those of one in the same round.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import drawn_pictures
import psutil

from neural_style import weights
from neural_style.batch.by_daemon import DaemonPlace
from neural_style.batch.on_ray import RayPlace, cluster
from neural_style.batch.order import Inputs, Order, Painter
from neural_style.picture_files.loaded import NOTHING_KEPT
from neural_style.worker.machine_notes import this_machine
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import VARIABLE, Home
from neural_style_protocol.settings import Settings

COMMAND = (sys.executable, "-m", "neural_style")
THREADS = 2
"""Of the daemon's worker; and so many actors of one thread each are compared with it."""


@dataclass(frozen=True)
class Round:
    """Pictures painted in ``seconds``, and how long the processor computed for all of them."""

    pictures: int
    seconds: float
    processor_seconds: float

    @property
    def an_hour(self) -> float:
        return 3600 * self.pictures / self.seconds


class Deaf:
    """Hears nothing of what happens to the orders."""

    def begun(self, order: Order, job: str) -> None:
        pass

    def heard(self, order: Order, event: events.Event) -> None:
        pass


@contextmanager
def daemon(home: Home) -> Iterator[Client]:
    """A client of a daemon whose worker has two threads; both end with the context."""
    os.environ.update({"OMP_NUM_THREADS": str(THREADS), "NEURAL_STYLE_UNLOAD_AFTER": "0"})
    with connect_or_start(home, COMMAND) as client:
        os.environ["OMP_NUM_THREADS"] = "1"  # for whatever is started after it
        yield client
        client.shut_down()
        while not any(isinstance(event, events.Disconnected) for event in client.wait(1.0)):
            pass


def orders(count: int) -> Iterator[Order]:
    """So many times the same picture."""
    content, style = drawn_pictures.landscape(), drawn_pictures.style()
    inputs = Inputs(content, NOTHING_KEPT, ((style, 1.0),))
    for number in range(count):
        yield Order(number, Path("landscape.png"), Path("painted.png"), lambda: inputs)


def paint(painter: Painter, count: int, computing: Callable[[], float]) -> Round:
    """Paint ``count`` pictures; ``computing`` gives the processor seconds so far.

    Raises:
        NeuralStyleError: a picture was not painted.
    """
    before, began = computing(), time.monotonic()
    for outcome in painter.paint(orders(count), Deaf(), lambda: 0):
        if outcome.error is not None:
            raise outcome.error
    return Round(count, time.monotonic() - began, computing() - before)


def processor_seconds(processes: Sequence[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return float(sum(each.user + each.system for each in times))


def actors() -> list[psutil.Process]:
    """The processes of the actors that this one has started."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "ray::Actor" in " ".join(child.cmdline())]


def measure(settings: Settings, count: int, rounds: int) -> dict[str, object]:
    """Measure as the module says."""
    load = psutil.getloadavg()[0]
    taken: dict[str, list[Round]] = {"worker": [], "1": [], str(THREADS): []}
    with ExitStack() as stack:
        home = Home(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        weights.ensure(home.weights)
        os.environ[VARIABLE] = str(home.root)
        client = stack.enter_context(daemon(home))
        place = stack.enter_context(cluster("ray", 1))
        arithmetic = DaemonPlace(client).arithmetic(settings)
        painters: Mapping[str, Painter] = {
            "worker": DaemonPlace(client).painter(settings, arithmetic),
            "1": RayPlace(place.ray, place.actors[:1]).painter(settings, arithmetic),
            str(THREADS): RayPlace(place.ray, place.actors[:THREADS]).painter(settings, arithmetic),
        }
        for painter in painters.values():
            paint(painter, THREADS, lambda: 0.0)  # so that all have loaded their networks
        worker = psutil.Process(client.status().worker_pid)
        processes = {"worker": [worker], "1": actors(), str(THREADS): actors()}
        for _ in range(rounds):
            for name, painter in painters.items():
                computing = processes[name]
                taken[name].append(
                    paint(painter, count, lambda c=computing: processor_seconds(c))  # type: ignore[misc]
                )
    return {
        "machine": this_machine(),
        "cores": psutil.cpu_count(),
        "load_before": round(load, 2),
        "arithmetic": arithmetic,
        "pictures": count,
        "pictures_an_hour": {
            name: [round(each.an_hour, 1) for each in found] for name, found in taken.items()
        },
        "gain": {
            name: round(_median_ratio(found, taken["worker"]), 3)
            for name, found in taken.items()
            if name != "worker"
        },
        "processor_seconds": {
            name: round(statistics.median(e.processor_seconds / e.pictures for e in found), 2)
            for name, found in taken.items()
        },
        "efficiency": round(_median_ratio(taken[str(THREADS)], taken["1"]) / THREADS, 3),
    }


def _median_ratio(rounds: Sequence[Round], others: Sequence[Round]) -> float:
    pairs = zip(rounds, others, strict=True)
    return statistics.median(one.an_hour / other.an_hour for one, other in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--iterations", type=int, default=0, help="0 is the preset's own number")
    parser.add_argument("--pictures", type=int, default=4, help="in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    chosen = parser.parse_args()
    asked = {name: getattr(chosen, name) for name in ("preset", "size", "iterations")}
    settings = Settings.from_dict({**asked, "device": "cpu"})
    values = {**asked, **measure(settings, chosen.pictures, chosen.rounds)}
    if chosen.json:
        print(json.dumps(values))
    else:
        for name, value in values.items():
            print(f"{name:<18}{value}")


if __name__ == "__main__":
    main()
