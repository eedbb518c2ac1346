"""Run scripts in a GIMP without a display, like a user's batch scripts."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gimp.gimp_profile import Profile
from gimp.gimp_root import GimpRoot, end

PYTHON_FU = "python-fu-eval"
SCRIPT_FU = "plug-in-script-fu-eval"
SECONDS = 240
"""A script may take that long; 10 are usual, 100 on a very busy machine."""

# What every Python-Fu test script starts with: short words for the calls they share.
PRELUDE = '''
import json, sys
from gi.repository import Gimp, Gio, Gegl, GLib, GObject

def load(path):
    return Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))

def save(image, path):
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(path), None)

def call(image, drawables=None, mode=Gimp.RunMode.NONINTERACTIVE, **arguments):
    """(status's nick, second value: the layer or the error's sentence)"""
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style")
    config = procedure.create_config()
    config.set_property("image", image)
    config.set_property("run-mode", mode)
    chosen = image.get_selected_layers() if drawables is None else drawables
    config.set_core_object_array("drawables", chosen)
    for name, value in arguments.items():
        if name == "style" and value is not None:
            value = Gio.File.new_for_path(value)
        config.set_property(name.replace("_", "-"), value)
    result = procedure.run(config)
    status = result.index(0).value_nick
    return status, result.index(1) if result.length() > 1 else None

def pixels(drawable, format="R'G'B'A u8"):
    whole = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    return drawable.get_buffer().get(whole, 1.0, format, Gegl.AbyssPolicy.NONE)

def report(**values):
    with open(REPORT, "w") as file:
        json.dump(values, file)
'''


@dataclass(frozen=True)
class BatchRun:
    """The outcome of a script: GIMP's exit status, its output, and the reported values."""

    status: int
    output: str
    report: dict[str, Any]


class BatchGimp:
    """A GIMP that runs one script at a time, with one profile."""

    def __init__(self, root: GimpRoot, profile: Profile, folder: Path, home: Path) -> None:
        self.root = root
        self.profile = profile
        self.folder = folder
        self._home = home
        self._count = 0

    def python(self, body: str, *, language: str = "en", display: str = "") -> BatchRun:
        """Run a Python-Fu script; the names above are there, and ``report(…)`` reports.

        It can make windows if it gets an X server's ``display``.
        """
        self._count += 1
        report = self.folder / f"report-{self._count}.json"
        script = self.folder / f"script-{self._count}.py"
        head = f"REPORT = {str(report)!r}\n" + PRELUDE
        script.write_text(head + textwrap.dedent(body), encoding="utf-8")
        code = f"exec(open({str(script)!r}).read())"
        return self._run(PYTHON_FU, code, report, language, display)

    def scheme(self, body: str) -> BatchRun:
        """Run a Script-Fu script."""
        self._count += 1
        script = self.folder / f"script-{self._count}.scm"
        script.write_text(textwrap.dedent(body), encoding="utf-8")
        return self._run(SCRIPT_FU, f'(load "{script}")', self.folder / "no-report", "en")

    def _run(
        self, interpreter: str, code: str, report: Path, language: str, display: str = ""
    ) -> BatchRun:
        log = self.folder / f"gimp-{self._count}.log"
        argv: Sequence[str] = (
            *("gimp-console", "-idf", "--quit"),
            *(f"--batch-interpreter={interpreter}", "-b", code),
        )
        shown_on = {"DISPLAY": display} if display else {}
        process = self.root.start(
            argv,
            folders=(self.folder, self.profile.folder, self._home),
            environment=gimp_environment(self.profile, language) | shown_on,
            log=log,
        )
        try:
            status = process.wait(SECONDS)
        finally:
            end(process)
        reported = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        return BatchRun(status, log.read_text(encoding="utf-8", errors="replace"), reported)


def gimp_environment(profile: Profile, language: str = "en") -> dict[str, str]:
    """All environment variables of a GIMP under test."""
    return {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(profile.folder),
        "GIMP3_DIRECTORY": str(profile.folder),
        "LANG": "fr_FR.UTF-8" if language == "fr" else "C.UTF-8",
        "LANGUAGE": language,
        "NO_AT_BRIDGE": "1",
        "GSETTINGS_BACKEND": "memory",
        # There is none in the root, and GTK would try for a minute to start one.
        "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        # Otherwise GIMP's plug-ins use every core, which the daemon needs too.
        "GEGL_THREADS": "2",
        # How the daemon computes that the plug-in starts.
        **{name: value for name, value in os.environ.items() if name.startswith("OMP_")},
    }
