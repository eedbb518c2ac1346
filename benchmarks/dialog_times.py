"""How soon the dialog is there and shows something, in a real GIMP with windows.

``python benchmarks/dialog_times.py --json`` starts GIMP with a photograph, on a virtual display,
and the real daemon with the real network. It opens the dialog once to warm both up, and then
several times. For each round it prints, in seconds,

``dialog``
    from choosing the menu entry until the dialog's window is there;
``preview``
    from choosing the menu entry until the colours of the preview are no longer the photograph's;
``quick``
    from choosing the menu entry until the whole quick preview is painted;
``strength``
    from a press of *End* on the strength, which makes it 100 %, until the preview changes;
``cached``
    the same for a strength that was shown before.

A screenshot shows each change; ``look`` is the mean time from one to the next, so a figure is too
large by about half of that. GIMP runs in a root that ``./install.sh --test`` makes, which needs the
superuser.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
ROOMS = [str(HERE.parent / folder) for folder in ("daemon", "shared", "tests")]
sys.path[:0] = ROOMS

from benchmark_pictures import gallery  # noqa: E402

from gimp import gimp_profile, gimp_root  # noqa: E402
from gimp.desktop import Desktop, differs, wait_for  # noqa: E402
from neural_style.samples.__main__ import main as write_samples  # noqa: E402
from neural_style.weights import store  # noqa: E402
from neural_style_protocol.client import Client  # noqa: E402
from neural_style_protocol.launcher import connect, connect_or_start  # noqa: E402
from neural_style_protocol.paths import Home  # noqa: E402

DAEMON = (sys.executable, "-m", "neural_style")
PHOTO = (1500, 1000)
ROUNDS = 5
PREVIEW = (14, 44, 450, 442)
"""The part of the screen in which the preview is, with the dialog's ground around it: left, top,
right, bottom. The preview moves and grows there while the dialog is laid out."""
GROUND = 8
"""Rows at the top of :data:`PREVIEW` that the preview never covers."""
MIDDLE = (120, 120, 360, 300)
"""A part of the screen that the preview fills once it is laid out."""
ANOTHER_COLOUR = 12.0
"""Levels of 255 between the mean colours of two pictures that are not the same."""
PATIENCE = 60.0


@dataclass(frozen=True)
class Round:
    """Seconds; see the module's description."""

    dialog: float
    preview: float
    quick: float
    strength: float
    cached: float


class Looks:
    """Screenshots of the preview's middle, and how long each takes."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop
        self._seconds: list[float] = []

    @property
    def mean_seconds(self) -> float:
        return statistics.fmean(self._seconds)

    def now(self) -> Image.Image:
        """The preview's middle, (240, 180) pixels."""
        return self._shot(MIDDLE)

    def colour(self) -> np.ndarray | None:
        """The mean colour of the preview's picture, (3,) in levels of 255; None before it is shown.

        It is the same wherever the picture stands, and however large it is.
        """
        shot = np.asarray(self._shot(PREVIEW), np.float32)
        if np.ptp(shot[:GROUND]) > 0:
            return None  # the dialog is not drawn yet
        picture = shot[np.ptp(shot, axis=-1) > 0]  # its ground is a pure gray
        return picture.mean(0) if len(picture) > 0 else None

    def _shot(self, part: tuple[int, int, int, int]) -> Image.Image:
        began = time.monotonic()
        shot = self._desktop.screen().crop(part)
        self._seconds.append(time.monotonic() - began)
        return shot

    def until(self, seen: Callable[[], bool], began: float) -> float:
        """Seconds from ``began`` until a look shows it.

        Raises:
            SystemExit: it is not seen for :data:`PATIENCE` seconds.
        """
        while not seen():
            if time.monotonic() - began > PATIENCE:
                self._desktop.keep_screenshot("in-vain")
                raise SystemExit("The preview never showed what was waited for.")
        return time.monotonic() - began


@contextmanager
def desktop_in(series: str, folder: Path) -> Iterator[tuple[Desktop, Home, Path]]:
    """A display, a home with the network, and the photograph's file, all in ``folder``."""
    root = gimp_root.find(series)
    if root is None:
        raise SystemExit(
            f"GIMP {series} is not here. Run ./install.sh --test, which makes its root."
        )
    home = Home(folder / "home")
    store.fetch(home.weights)
    write_samples(home.root / "sample")
    images = folder / "images"
    images.mkdir()
    painted = gallery(images)
    photo = folder / "photograph.png"
    with Image.open(painted.path(painted.contents[0])) as original:
        original.convert("RGB").resize(PHOTO).save(photo)
    vendor = gimp_profile.fill_vendor(folder / "vendor", root.python_version())
    root = replace(root, seen=(painted.folder,))
    profile = gimp_profile.make(folder / "profile", root, vendor, home.root)
    connect_or_start(home, DAEMON, name="benchmark").close()
    desktop = Desktop(root, profile, folder, home.root)
    try:
        yield desktop, home, photo
    finally:
        desktop.close()
        with connect(home, name="benchmark") as client:
            client.shut_down()
            client.wait(5.0)


def measure(desktop: Desktop, home: Home, photo: Path, rounds: int) -> tuple[list[Round], float]:
    """The rounds, and the mean time of a look in seconds."""
    looks = Looks(desktop)
    main = desktop.start_gimp(photo)
    with connect(home, name="benchmark") as client:
        dialog = desktop.start_filter(main)
        _wait_for_the_quick_one(client)
        desktop.keys(dialog, "alt+t", "Home")
        desktop.wait_until_still()
        photograph = looks.colour()
        assert photograph is not None
        desktop.keys(dialog, "Escape")
        desktop.wait_until_still()
        found = [_round(desktop, client, main, looks, photograph) for _ in range(rounds)]
    return found, looks.mean_seconds


def _round(
    desktop: Desktop, client: Client, main: str, looks: Looks, photograph: np.ndarray
) -> Round:
    desktop.keys(main, "Escape", "slash")
    search = desktop.window("^Search Actions")
    desktop.type(search, "neur")
    desktop.wait_until_still()
    began = time.monotonic()
    desktop.keys(search, "Return")
    dialog = desktop.window("^Neural Style$")
    dialog_seconds = time.monotonic() - began

    def is_painted() -> bool:
        colour = looks.colour()
        return colour is not None and float(np.abs(colour - photograph).max()) > ANOTHER_COLOUR

    preview_seconds = looks.until(is_painted, began)
    _wait_for_the_quick_one(client)
    quick_seconds = time.monotonic() - began
    desktop.keep_screenshot("quick")
    desktop.keys(dialog, "alt+t")
    strength = _press(desktop, dialog, looks, "End")
    _wait_for_the_quick_one(client)
    _press(desktop, dialog, looks, "Home")
    desktop.wait_until_still()
    cached = _press(desktop, dialog, looks, "End")
    desktop.keys(dialog, "Escape")
    desktop.wait_until_still()
    return Round(dialog_seconds, preview_seconds, quick_seconds, strength, cached)


def _press(desktop: Desktop, dialog: str, looks: Looks, key: str) -> float:
    before = looks.now()
    began = time.monotonic()
    desktop.keys(dialog, key)
    return looks.until(lambda: differs(looks.now(), before), began)


def _wait_for_the_quick_one(client: Client) -> None:
    """Wait until the quick preview is finished, and the exact one has begun."""

    def jobs() -> set[str]:
        return {line.job for line in client.status().jobs}

    wait_for("a quick preview", lambda: bool(jobs()))
    quick = jobs()
    wait_for("an exact preview", lambda: bool(jobs() - quick))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gimp", default="3.2", choices=list(gimp_root.SUITES))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="(%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        desktop_in(chosen.gimp, Path(folder)) as (desktop, home, photo),
    ):
        found, look = measure(desktop, home, photo, chosen.rounds)
    rounds = [{name: round(s, 2) for name, s in asdict(one).items()} for one in found]
    medians = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    if chosen.json:
        print(json.dumps({"gimp": chosen.gimp, "look": look, "median": medians, "rounds": rounds}))
        return
    for name, seconds in medians.items():
        each = ", ".join(f"{one[name]:.2f}" for one in rounds)
        print(f"{name:<10}{seconds:>6.2f} s   ({each})")
    print(f"look      {look:>6.2f} s")


if __name__ == "__main__":
    main()
