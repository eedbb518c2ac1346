"""The cost of showing a large layer while it forms, in a real GIMP with windows.

``python benchmarks/gimp_updates.py --json`` paints a layer of 12 megapixels with a worker that
sleeps instead of computing (paced_worker.py) and otherwise does what the real one does. For each
scale it prints

``update_seconds``
    CPU seconds of one update: in the worker (drawing the iterate and sending it), the service, the
    plug-in (fetching it and writing it into the layer), GIMP (composing and showing it) and the X
    server;
``share``
    all updates together, as a share of one core, during evaluations at this size. If evaluations
    are fast, the plug-in limits the number of updates; if they are slow, there is one for each.

GIMP runs in a root that ``./install.sh --test`` makes, which needs the superuser.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil
from PIL import Image

HERE = Path(__file__).resolve().parent
ROOMS = [str(HERE.parent / folder) for folder in ("daemon", "shared", "tests")]
sys.path[:0] = ROOMS

from benchmark_pictures import Gallery, gallery  # noqa: E402
from paced_worker import PACE, PHASES, Phase  # noqa: E402

from gimp import gimp_profile, gimp_root  # noqa: E402
from gimp.desktop import Desktop, wait_for  # noqa: E402
from neural_style.engine.presets import COARSEST_SIDE  # noqa: E402
from neural_style_protocol.launcher import connect  # noqa: E402
from neural_style_protocol.paths import Home  # noqa: E402

WIDTH, HEIGHT = 4000, 3000
SECONDS_PER_MEGAPIXEL = 6.7
WORKER = (sys.executable, str(HERE / "paced_worker.py"))
LOOK_SECONDS = 0.2
PATIENCE = 900.0

Used = Mapping[str, float]
"""The CPU seconds that each process has used, by name."""


@dataclass(frozen=True)
class ScaleCost:
    """The cost of updates at one scale, in seconds and as a share of one core.

    ``pictures`` is the set of the layer and the style image.
    """

    pictures: str
    width: int
    height: int
    evaluation_seconds: float
    update_seconds: dict[str, float]
    share: float


class Watch:
    """Samples the CPU time of the processes of a run."""

    def __init__(self, home: Home) -> None:
        self._looks: list[tuple[float, Used]] = []
        with connect(home, name="benchmark") as client:
            self._processes = {"service": psutil.Process(client.daemon.pid)}
        for process in psutil.Process().children(recursive=True):
            name, words = process.name(), " ".join(process.cmdline())
            if name == "Xvfb":
                self._processes["display"] = process
            elif words.endswith(".png") and name.startswith("gimp"):
                self._processes["gimp"] = process
            elif "neural-style.py" in words:
                self._processes["plugin"] = process

    @property
    def names(self) -> list[str]:
        return list(self._processes)

    def look(self) -> None:
        used = {}
        for name, process in self._processes.items():
            times = process.cpu_times()
            used[name] = times.user + times.system
        self._looks.append((time.monotonic(), used))

    def used(self, began: float, ended: float) -> Used:
        """The CPU time of each process between these times."""
        first = max((look for look in self._looks if look[0] <= began), key=lambda look: look[0])
        last = min((look for look in self._looks if look[0] >= ended), key=lambda look: look[0])
        return {name: last[1][name] - first[1][name] for name in first[1]}


def sizes() -> list[tuple[int, int]]:
    """(height, width) of each scale, from coarse to fine, as in the presets."""
    found = [(HEIGHT, WIDTH)]
    while min(half := (round(found[-1][0] / 2), round(found[-1][1] / 2))) >= COARSEST_SIDE:
        found.append(half)
    return found[::-1]


def measure(series: str, folder: Path, seconds_per_megapixel: float) -> list[ScaleCost]:
    """Paint once in GIMP ``series``, with all files in ``folder``."""
    root = gimp_root.find(series)
    if root is None:
        raise SystemExit(
            f"GIMP {series} is not here. Run ./install.sh --test, which makes its root."
        )
    home = Home(folder / "home")
    home.root.mkdir()
    pace = {"sizes": sizes(), "seconds_per_megapixel": seconds_per_megapixel}
    (home.root / PACE).write_text(json.dumps(pace), encoding="utf-8")
    images = folder / "images"
    images.mkdir()
    painted = gallery(images)
    root = replace(root, seen=(painted.folder,))
    photo = folder / "large.png"
    with Image.open(painted.path(painted.contents[0])) as original:
        original.convert("RGB").resize((WIDTH, HEIGHT)).save(photo, compress_level=1)
    vendor = gimp_profile.fill_vendor(folder / "vendor", root.python_version())
    profile = gimp_profile.make(folder / "profile", root, vendor, home.root)
    serve = gimp_profile.outside(sys.executable, str(Path(__file__).resolve()))
    profile.use(home.root, serve)
    desktop = Desktop(root, profile, folder, home.root)
    try:
        return _paint(desktop, photo, painted, home)
    finally:
        desktop.close()
        with connect(home, name="benchmark") as client:
            client.shut_down()
            client.wait(5.0)


def _paint(desktop: Desktop, photo: Path, painted: Gallery, home: Home) -> list[ScaleCost]:
    main = desktop.start_gimp(photo)
    dialog = desktop.start_filter(main)
    desktop.choose_style(dialog, painted.path(painted.styles[0]))
    desktop.keys(dialog, "alt+p")
    desktop.move_aside(desktop.window("^Painting$"))
    watch = Watch(home)

    def is_over() -> bool:
        watch.look()
        time.sleep(LOOK_SECONDS)
        return desktop.has_window("^Painted$")

    wait_for("the end", is_over, PATIENCE)
    lines = (home.root / PHASES).read_text(encoding="utf-8").splitlines()
    return costs(painted.called, [Phase(**json.loads(line)) for line in lines], watch)


def costs(pictures: str, phases: list[Phase], watch: Watch) -> list[ScaleCost]:
    """The cost at each scale, from the CPU time of its phases."""
    found = []
    for apart in (phase for phase in phases if not phase.paced):
        one = {name: s / apart.evaluations for name, s in _used_in(apart, watch).items()}
        size = (apart.width, apart.height)
        paced = next((p for p in phases if p.paced and (p.width, p.height) == size), None)
        share = sum(one.values()) / apart.evaluation_seconds
        if paced is not None:
            share = sum(_used_in(paced, watch).values()) / (paced.ended - paced.began)
        rounded = {name: round(s, 3) for name, s in one.items()}
        seconds = round(apart.evaluation_seconds, 2)
        found.append(ScaleCost(pictures, *size, seconds, rounded, round(share, 3)))
    return found


def _used_in(phase: Phase, watch: Watch) -> dict[str, float]:
    return {"worker": phase.worker_seconds, **watch.used(phase.began, phase.ended)}


def main() -> None:
    if sys.argv[1:] == ["serve"]:  # what the plug-in starts
        from neural_style.service.daemon import serve
        from neural_style.service.limits import Limits

        serve(Home.find(), Limits(), worker_command=WORKER)
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gimp", default="3.2", choices=list(gimp_root.SUITES))
    parser.add_argument(
        "--seconds-per-megapixel",
        type=float,
        default=SECONDS_PER_MEGAPIXEL,
        help="of one evaluation (%(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(chosen.gimp, Path(folder), chosen.seconds_per_megapixel)
    if chosen.json:
        print(json.dumps([asdict(cost) for cost in found]))
        return
    for cost in found:
        parts = ", ".join(f"{name} {seconds}" for name, seconds in cost.update_seconds.items())
        size = f"{cost.width} × {cost.height}"
        print(f"{size:<14}{cost.evaluation_seconds:>7} s  {cost.share:>6.1%}  {parts}")


if __name__ == "__main__":
    main()
