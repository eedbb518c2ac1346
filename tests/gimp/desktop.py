"""A GIMP with windows, on a display of its own, used through its keyboard."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image, ImageChops

from gimp.batch import gimp_environment
from gimp.gimp_profile import Profile
from gimp.gimp_root import GimpRoot, end

SCREEN = "1280x900x24"
AWAY = ("1200", "880")
"""Where the pointer calls up no tooltip that would hide something."""

CANVAS = (490, 385, 745, 540)
PATIENCE = 150.0
STILL_LOOKS, MOVING_PIXELS = 4, 2000
STARTS_WITHIN = 75.0
"""Seconds that a start of GIMP may take; 10 are usual, 30 on a busy machine."""


class Desktop:
    """An X server inside the root. Without a window manager: keys go where the focus was put."""

    def __init__(self, root: GimpRoot, profile: Profile, folder: Path, home: Path) -> None:
        self._root = root
        self._profile = profile
        self._folders = (folder, profile.folder, home)
        self._log = folder / "desktop.log"
        self._screenshots = screenshot_folder(folder) / f"gimp-{root.series}"
        self._screenshots.mkdir(parents=True, exist_ok=True)
        self._shots = 0
        self._display = _free_display()
        self._environment = {**gimp_environment(profile), "DISPLAY": self._display}
        self._processes: list[subprocess.Popen[bytes]] = []
        # Without -noreset it starts anew when the last program on it ends, and hears nobody then.
        self._start("Xvfb", self._display, "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset")
        wait_for("the X server", lambda: self._succeeds("xdotool", "getmouselocation"))

    def close(self) -> None:
        """End GIMP, then the display."""
        for process in reversed(self._processes):
            end(process)

    @property
    def display(self) -> str:
        """What ``DISPLAY`` names."""
        return self._display

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def home(self) -> Path:
        """The home folder of the person who uses it."""
        return self._profile.folder

    def speak(self, language: str) -> None:
        """Let the next GIMP use ``en`` or ``fr``."""
        self._environment.update(gimp_environment(self._profile, language))

    def start_gimp(self, picture: Path) -> str:
        """Start GIMP with ``picture``; its main window.

        Once in hundreds of starts GIMP shows no window at all. What was there instead is kept, and
        it is started once more: how GIMP itself starts is not what is tested here.
        """
        name = re.escape(picture.stem)
        title = rf"^\*?(\[{name}\]|{name}\.xcf).* – GIMP$"
        self._start("gimp", "--no-splash", str(picture))
        try:
            main = self.window(title, STARTS_WITHIN)
        except AssertionError:
            self.keep_screenshot("gimp-without-its-window")
            self.end_gimp()
            self._start("gimp", "--no-splash", str(picture))
            main = self.window(title)
        width, height = SCREEN.split("x")[:2]
        self._answer("xdotool", "windowsize", "--sync", main, width, height)
        self.wait_until_still()  # GIMP lays its docks out anew
        self.keys(main, "shift+j")  # the picture in the middle, whatever room it was opened in
        return main

    def end_gimp(self) -> None:
        """As a crash would."""
        end(self._processes.pop())

    def start_filter(self, main: str) -> str:
        """Start the filter by its name, as a person does who does not know the menu; its dialog."""
        self.keys(main, "Escape", "slash")
        search = self.window("^(Search Actions|Recherche)")
        self.type(search, "neur")  # of “Neural Style”, and of “Style neuronal”
        self.wait_until_still()  # the list below the entry has no name to wait for
        self.keys(search, "Return")
        return self.window("^(Neural Style|Style neuronal)$")

    def choose_style(self, dialog: str, path: Path) -> None:
        """Through *From file…*, as a person who knows the path."""
        self.keys(dialog, "alt+f")
        title = "^Choose a style image$"
        chooser = self.window(title)
        self.keys(chooser, "ctrl+l", "ctrl+a")
        self.type(chooser, str(path))

        def accepted() -> bool:
            # The entry completes names in its own time, and takes a Return for that now and then.
            self.keys(chooser, "Return")
            return not self.has_window(title)

        wait_for("the file window to close", accepted)

    def paint(self, main: str, style: Path) -> None:
        """Start the filter, choose ``style``, and press *Paint*."""
        dialog = self.start_filter(main)
        self.choose_style(dialog, style)
        self.keys(dialog, "alt+p")

    def window(self, name: str, patience: float = PATIENCE) -> str:
        """The newest visible window whose title matches, once there is one."""
        found: list[str] = []

        def look() -> bool:
            found[:] = self._windows(name)
            return bool(found)

        try:
            wait_for(f"a window named {name}", look, patience)
        except AssertionError as problem:
            others = [self.title(window) for window in self._windows(".")]
            raise AssertionError(f"{problem} There are {others}.\n{self.log[-2000:]}") from None
        return found[-1]

    def has_window(self, name: str) -> bool:
        return bool(self._windows(name))

    def title(self, window: str) -> str:
        return self._answer("xdotool", "getwindowname", window)

    def keys(self, window: str, *keys: str) -> None:
        """Press keys in a window, one after another; one that has just closed takes none."""
        self._run("xdotool", "windowfocus", "--sync", window, "key", "--delay", "60", *keys)

    def type(self, window: str, text: str) -> None:
        self._answer("xdotool", "windowfocus", "--sync", window, "type", "--delay", "20", text)

    def move_aside(self, window: str) -> None:
        """Put a small window where it hides nothing of the canvas."""
        self._answer("xdotool", "windowmove", window, "400", "20")

    def start_program(self, *argv: str) -> subprocess.Popen[bytes]:
        """Start another program on this display; it ends with the display, if not before."""
        self._start(*argv)
        return self._processes[-1]

    @contextlib.contextmanager
    def held(self, place: tuple[int, int]) -> Iterator[None]:
        """The mouse button is down at ``place`` meanwhile."""
        x, y = map(str, place)
        self._answer("xdotool", "mousemove", x, y, "mousedown", "1")
        try:
            yield
        finally:
            self._answer("xdotool", "mouseup", "1", "mousemove", *AWAY)

    def click(self, place: tuple[int, int]) -> None:
        x, y = map(str, place)
        self._answer("xdotool", "mousemove", x, y, "click", "1", "mousemove", *AWAY)

    def drag(self, window: str, *, to: tuple[int, int]) -> None:
        """Drag from the middle of a small window, put where nothing else is, to a place."""
        self._answer("xdotool", "windowmove", "--sync", window, "1100", "760")
        self._answer("xdotool", "mousemove", "1150", "810", "mousedown", "1")
        for x in range(1140, 1100, -10):  # a drag begins once the pointer has moved a little
            self._answer("xdotool", "mousemove", str(x), "800")
        x, y = map(str, to)
        self._answer("xdotool", "mousemove", x, y)
        time.sleep(0.5)  # the target says that it takes it
        self._answer("xdotool", "mousemove", x, y, "mouseup", "1")

    def screen(self) -> Image.Image:
        """What the screen shows."""
        inside = self._folders[0] / "screen.png"
        self._answer("import", "-window", "root", str(inside))
        with Image.open(inside) as shot:
            return shot.convert("RGB")

    def wait_until_still(self) -> None:
        """Return when nothing but a cursor or the edge of a selection moves on the screen."""
        looks = [self.screen()]

        def is_still() -> bool:
            looks.append(self.screen())
            changed = [_changed(one, looks[-1]) for one in looks[-STILL_LOOKS:-1]]
            return len(changed) == STILL_LOOKS - 1 and max(changed) < MOVING_PIXELS

        wait_for("a still screen", is_still)

    def canvas(self) -> Image.Image:
        """The middle of the main window, where the picture is."""
        return self.screen().crop(CANVAS)

    def keep_screenshot(self, name: str) -> None:
        """Put what the screen shows into the folder for screenshots, numbered in order."""
        self._shots += 1
        self.screen().save(self._screenshots / f"{self._shots:02d}-{name}.png")

    def _windows(self, name: str) -> list[str]:
        done = self._run("xdotool", "search", "--onlyvisible", "--name", name)
        return done.stdout.decode().split()

    def _answer(self, *argv: str) -> str:
        done = self._run(*argv)
        if done.returncode != 0:
            raise AssertionError(f"{argv}: {done.stderr.decode(errors='replace')}\n{self.log}")
        return done.stdout.decode().strip()

    def _succeeds(self, *argv: str) -> bool:
        return self._run(*argv).returncode == 0

    def _run(self, *argv: str) -> subprocess.CompletedProcess[bytes]:
        command = [*self._root.command(self._folders, self._environment), *argv]
        return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)

    def _start(self, *argv: str) -> None:
        started = self._root.start(
            argv, folders=self._folders, environment=self._environment, log=self._log
        )
        self._processes.append(started)


def wait_for(what: str, condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Look again and again until ``condition`` holds.

    Raises:
        AssertionError: it does not, for ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {patience:g} s in vain for {what}.")
        time.sleep(0.15)


def differs(one: Image.Image, other: Image.Image, level: int = 8) -> bool:
    """Whether a good part of the pixels differ by ``level`` or more, more than a cursor does."""
    return _changed(one, other, level) > 0.02 * one.width * one.height


def _changed(one: Image.Image, other: Image.Image, level: int = 8) -> int:
    """How many pixels differ by ``level`` or more."""
    changed = ImageChops.difference(one, other).convert("L").point(lambda v: 255 * (v >= level))
    return changed.histogram()[255]


def screenshot_folder(default: Path) -> Path:
    """``NEURAL_STYLE_SCREENSHOTS``, or a folder of the test's own."""
    return Path(os.environ.get("NEURAL_STYLE_SCREENSHOTS") or default / "screenshots")


def _free_display() -> str:
    """A display number that no X server on this machine uses."""
    taken = Path("/proc/net/unix").read_text(encoding="ascii", errors="replace")
    return next(f":{n}" for n in range(70, 200) if f"/tmp/.X11-unix/X{n}\n" not in taken)
