"""A GIMP with windows on a virtual display, controlled by keyboard and mouse."""

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
"""A position where the pointer shows no tooltip that would hide something."""

CANVAS = (490, 385, 745, 540)
PATIENCE = 150.0
X_WINDOW = Path(__file__).with_name("x_window.py").read_text(encoding="utf-8")
STILL_LOOKS, MOVING_PIXELS = 4, 2000
STARTS_WITHIN = 75.0
"""Timeout of a start of GIMP, in seconds; 10 are usual, 30 on a busy machine."""


class Desktop:
    """An X server inside the root, without a window manager: keys go to the focused window."""

    def __init__(self, root: GimpRoot, profile: Profile, folder: Path, home: Path) -> None:
        self._root = root
        self._profile = profile
        self._folders = (folder, profile.folder, home)
        self._log = folder / "desktop.log"
        self._screenshots = screenshot_folder(folder) / f"gimp-{root.series}"
        self._screenshots.mkdir(parents=True, exist_ok=True)
        self._shots = 0
        self._environment = gimp_environment(profile)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._display = self._start_display(folder / "display")
        self._environment["DISPLAY"] = self._display
        wait_for("the X server", lambda: self._succeeds("xdotool", "getmouselocation"))

    def close(self) -> None:
        """Stop GIMP, then the display."""
        for process in reversed(self._processes):
            end(process)

    @property
    def display(self) -> str:
        """The value of ``DISPLAY``."""
        return self._display

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def home(self) -> Path:
        """The user's home folder."""
        return self._profile.folder

    def speak(self, language: str) -> None:
        """Set the language of the next GIMP, ``en`` or ``fr``."""
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
        self.wait_until_still()  # GIMP lays out its docks again
        self.keys(main, "shift+j")  # centres the picture in the window
        return main

    def end_gimp(self) -> None:
        """Kill GIMP, as in a crash."""
        end(self._processes.pop())

    def start_by_name(self, main: str, name: str) -> None:
        """Start what GIMP finds by ``name``, as a person does who does not know the menu."""
        self.keys(main, "Escape", "slash")
        search = self.window("^(Search Actions|Recherche)")
        self.type(search, name)
        self.wait_until_still()  # the list below the entry has no name that could be waited for
        self.keys(search, "Return")

    def start_filter(self, main: str) -> str:
        """Start the filter; its dialog."""
        self.start_by_name(main, "neur")  # of “Neural Style”, and of “Style neuronal”
        return self.window("^(Neural Style|Style neuronal)$")

    def choose_style(self, dialog: str, path: Path) -> None:
        """Choose a style with *From file…*, by typing its path."""
        self.keys(dialog, "alt+f")
        title = "^Choose a style image$"
        chooser = self.window(title)
        self.keys(chooser, "ctrl+l", "ctrl+a")
        self.type(chooser, str(path))

        def accepted() -> bool:
            # The entry completes names asynchronously, and sometimes uses up a Return for that.
            self.keys(chooser, "Return")
            return not self.has_window(title)

        wait_for("the file window to close", accepted)

    def paint(self, main: str, style: Path) -> None:
        """Start the filter, choose ``style``, and press *Paint*."""
        dialog = self.start_filter(main)
        self.choose_style(dialog, style)
        self.keys(dialog, "alt+p")

    def window(self, name: str, patience: float = PATIENCE) -> str:
        """Wait for a visible window whose title matches, and return the newest one."""
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

    def stays(self, name: str) -> bool:
        """Whether such a window is there when what was pressed last has shown its effect."""
        self.wait_until_still()
        return self.has_window(name)

    def title(self, window: str) -> str:
        return self._answer("xdotool", "getwindowname", window)

    def place(self, window: str) -> tuple[int, int, int, int]:
        """Left, top, width and height of a window on the screen."""
        told = self._answer("xdotool", "getwindowgeometry", "--shell", window)
        found = dict(line.split("=") for line in told.splitlines())
        return int(found["X"]), int(found["Y"]), int(found["WIDTH"]), int(found["HEIGHT"])

    def is_above(self, window: str, main: str) -> bool:
        """Whether a window manager would keep ``window`` above ``main``: it is transient for it."""
        return self._answer("python3", "-c", X_WINDOW, "owner", window) == main

    def close_window(self, window: str) -> None:
        """Ask a window to close, as its × does."""
        self._answer("python3", "-c", X_WINDOW, "close", window)

    def keys(self, window: str, *keys: str) -> None:
        """Press keys in a window, one after another; does nothing if it has just closed."""
        self._run("xdotool", "windowfocus", "--sync", window, "key", "--delay", "60", *keys)

    def type(self, window: str, text: str) -> None:
        self._answer("xdotool", "windowfocus", "--sync", window, "type", "--delay", "20", text)

    def move_aside(self, window: str, place: tuple[int, int] = (400, 20)) -> None:
        """Move a window to where it hides nothing of the canvas; there is room for a small one."""
        self._answer("xdotool", "windowmove", window, *map(str, place))

    def start_program(self, *argv: str) -> subprocess.Popen[bytes]:
        """Start another program on this display; it is stopped with the display."""
        self._start(*argv)
        return self._processes[-1]

    @contextlib.contextmanager
    def held(self, place: tuple[int, int]) -> Iterator[None]:
        """Hold the mouse button down at ``place`` during the block."""
        x, y = map(str, place)
        self._answer("xdotool", "mousemove", x, y, "mousedown", "1")
        try:
            yield
        finally:
            self._answer("xdotool", "mouseup", "1", "mousemove", *AWAY)

    def click(self, place: tuple[int, int], modifier: str = "") -> None:
        """Click at ``place``, while the key ``modifier`` is held down if one is named."""
        x, y = map(str, place)
        down, up = (("keydown", modifier), ("keyup", modifier)) if modifier else ((), ())
        click = ("mousemove", x, y, *down, "click", "1", *up, "mousemove", *AWAY)
        self._answer("xdotool", *click)

    def drag(self, window: str, *, to: tuple[int, int]) -> None:
        """Move a small window to a free area, and drag from its middle to a place."""
        self._answer("xdotool", "windowmove", "--sync", window, "1100", "760")
        self._answer("xdotool", "mousemove", "1150", "810", "mousedown", "1")
        for x in range(1140, 1100, -10):  # a drag starts when the pointer has moved a little
            self._answer("xdotool", "mousemove", str(x), "800")
        x, y = map(str, to)
        self._answer("xdotool", "mousemove", x, y)
        time.sleep(0.5)  # time for the target to accept it
        self._answer("xdotool", "mousemove", x, y, "mouseup", "1")

    def screen(self) -> Image.Image:
        """A screenshot."""
        inside = self._folders[0] / "screen.ppm"  # sooner written and read than a PNG
        self._answer("import", "-window", "root", "-depth", "8", str(inside))
        with Image.open(inside) as shot:
            return shot.convert("RGB")

    def wait_until_still(self) -> None:
        """Wait until nothing on the screen moves except a cursor or the edge of a selection."""
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
        """Save a numbered screenshot in the folder for screenshots."""
        self._shots += 1
        self.screen().save(self._screenshots / f"{self._shots:02d}-{name}.png")

    def _start_display(self, told: Path) -> str:
        """Start an X server, which chooses a free number and writes it into ``told``."""
        server = 'exec Xvfb -displayfd 3 "$@" 3>"$0"'
        # Without -noreset it resets when its last client exits, and refuses connections meanwhile.
        options = ("-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset")
        self._start("sh", "-c", server, str(told), *options)
        wait_for("the X server's number", lambda: told.exists() and told.read_text().endswith("\n"))
        return f":{told.read_text().strip()}"

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
        # Into the X server's own view of the files, which is quicker than to mount another one.
        server = str(self._processes[0].pid)
        inside = ("nsenter", "--target", server, "--mount", "--root", "--wd")
        words = (f"{name}={value}" for name, value in self._environment.items())
        command = [*inside, "env", "-i", *words, *argv]
        return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)

    def _start(self, *argv: str) -> None:
        started = self._root.start(
            argv, folders=self._folders, environment=self._environment, log=self._log
        )
        self._processes.append(started)


def wait_for(what: str, condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until ``condition`` is true.

    Raises:
        AssertionError: it does not, for ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {patience:g} s in vain for {what}.")
        time.sleep(0.15)


def differs(one: Image.Image, other: Image.Image, level: int = 8) -> bool:
    """Whether many pixels, more than a cursor has, differ by ``level`` or more."""
    return _changed(one, other, level) > 0.02 * one.width * one.height


def _changed(one: Image.Image, other: Image.Image, level: int = 8) -> int:
    """The number of pixels that differ by ``level`` or more."""
    changed = ImageChops.difference(one, other).convert("L").point(lambda v: 255 * (v >= level))
    return changed.histogram()[255]


def screenshot_folder(default: Path) -> Path:
    """``NEURAL_STYLE_SCREENSHOTS``, or the test's temporary folder."""
    return Path(os.environ.get("NEURAL_STYLE_SCREENSHOTS") or default / "screenshots")
