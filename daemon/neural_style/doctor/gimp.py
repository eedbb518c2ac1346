"""Checks of each GIMP and of the plug-in; starts GIMP to see whether it loads the plug-in."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from neural_style import gimps, plugin_copies
from neural_style.asking import ask
from neural_style.doctor.bridge import check_links
from neural_style.doctor.finding import Finding
from neural_style.gimp_places import STORE
from neural_style.gimps import GimpProgram, PluginFolder
from neural_style.plugin_copies import RECORD, SCRIPT
from neural_style_protocol.paths import Home

INSTALL = "Run ./install.sh again."
GIMP_SECONDS = 90.0
VENDOR_SECONDS = 30.0
PACKAGES, DIRECT = ("msgpack", "neural_style_protocol"), ("zmq",)
"""What the plug-in needs beside it, and what it needs besides where it cannot use the bridge."""

PROCEDURE = "plug-in-neural-style"

_IMPORT_VENDOR = (
    "import sys; sys.path.insert(0, sys.argv[1]); sys.modules['zmq'] = None; "
    "import msgpack, neural_style_protocol.bridge.connecting"
)
_ASK_GIMP = f"print('procedure', Gimp.get_pdb().lookup_procedure('{PROCEDURE}') is not None)"


def check_gimps(home: Home) -> Iterator[Finding]:
    """Check every GIMP program, every plug-ins folder, and whether each GIMP loads the plug-in."""
    programs = gimps.find_programs()
    folders = gimps.find_plugin_folders(programs)
    if not folders and not programs:
        yield Finding("GIMP", "warning", "No GIMP 3 was found.", f"Install GIMP 3, then: {INSTALL}")
    for program in programs:
        yield from _program(program)
    distribution = [p for p in programs if p.version[0] == 3 and p.packaging == "distribution"]
    needed = PACKAGES + (DIRECT if any(p.packaging == "Flatpak" for p in programs) else ())
    whole = []
    for folder in folders:
        finding = _folder(folder, home, needed)
        whole += [folder.plugin] if finding.level == "ok" else []
        yield _vendor(folder) if distribution and finding.level == "ok" else finding
    commands = dict.fromkeys(_command(_record(plugin)) for plugin in whole)
    yield from check_links(programs, commands, home)
    yield from map(_loading, distribution)


def _program(program: GimpProgram) -> Iterator[Finding]:
    if program.version[0] < 3:
        words = f"{program.name} is too old for the plug-in."
        yield Finding("GIMP", "warning", words, "Install GIMP 3.")
    elif program.packaging == "Snap":
        words = f"{program.name} does not run plug-ins from your folders."
        yield Finding("GIMP", "warning", words, "Use your distribution's GIMP or Flatpak's.")
    elif program.packaging == STORE:
        words = f"The GIMP from the {STORE} keeps its files apart, and may not start the daemon."
        yield Finding("GIMP", "warning", words, "Run neural-style start before you open GIMP.")
    elif program.packaging == "distribution" and not gimps.system_python_has_gi():
        yield Finding(
            "GIMP",
            "problem",
            f"{gimps.SYSTEM_PYTHON} cannot load GIMP's bindings, so no Python plug-in starts.",
            "On Debian and Ubuntu: sudo apt install python3-gi gir1.2-gimp-3.0",
        )
    else:
        yield Finding("GIMP", "ok", f"{program.name}.")


def _folder(folder: PluginFolder, home: Home, needed: tuple[str, ...]) -> Finding:
    plugin = folder.plugin
    script = plugin / SCRIPT
    problem = partial(Finding, folder.belongs_to, "problem")
    reinstall = _reinstall(plugin, home)
    if not script.is_file():
        return problem(f"The plug-in is not in {plugin}.", INSTALL)
    if not os.access(script, os.X_OK):
        words = f"{script} is not executable, so GIMP passes it over."
        return problem(words, f"chmod +x {script}", fix=lambda: script.chmod(0o755))
    try:
        record = _record(plugin)
        recorded = Path(record["home"]).expanduser() if record["home"] else home.root
        command = Path(_command(record)[0])
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return problem(f"{plugin / RECORD} is missing or damaged.", INSTALL, fix=reinstall)
    if recorded != home.root:
        words = f"The plug-in in {plugin} belongs to another installation, {recorded}."
        return Finding(folder.belongs_to, "warning", words, INSTALL)
    if not command.exists():
        return problem(f"The daemon's command, {command}, is not there.", INSTALL)
    vendor = plugin / "vendor"
    wanted = [vendor / name for name in needed]
    missing = [path.name for path in wanted if not path.is_dir()]
    if missing:
        return problem(f"{vendor} lacks {', '.join(missing)}.", INSTALL, fix=reinstall)
    return Finding(folder.belongs_to, "ok", f"The plug-in is in {plugin}.")


def _record(plugin: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((plugin / RECORD).read_text(encoding="utf-8"))
    return record


def _command(record: dict[str, Any]) -> tuple[str, ...]:
    """The command that starts the daemon, as the plug-in has it recorded."""
    return tuple(os.path.expanduser(word) for word in record["command"])


def _vendor(folder: PluginFolder) -> Finding:
    """Whether the Python of a distribution's GIMP can import the packages beside the plug-in."""
    vendor = folder.plugin / "vendor"
    python = str(gimps.SYSTEM_PYTHON)
    answer = ask([python, "-I", "-c", _IMPORT_VENDOR, str(vendor)], VENDOR_SECONDS)
    if answer.worked:
        return Finding(folder.belongs_to, "ok", f"The plug-in is in {folder.plugin}.")
    words = f"{python} cannot load the packages in {vendor}: {answer.last_error}."
    return Finding(folder.belongs_to, "problem", words, INSTALL)


def _reinstall(plugin: Path, home: Home) -> partial[None] | None:
    """A function that replaces the plug-in by the installation's copy; None if there is no copy."""
    copy = home.root / "plug-in" / "neural-style"
    if not plugin_copies.is_copy(copy):
        return None
    return partial(plugin_copies.put_in_place, copy, plugin)


def _loading(program: GimpProgram) -> Finding:
    """Start GIMP without a window, and ask it whether it has loaded the plug-in."""
    batch = ("--quit", "--batch-interpreter=python-fu-eval", "-b", _ASK_GIMP)
    answer = ask([*program.command, "-idf", *batch], GIMP_SECONDS)
    if "procedure True" in answer.text:
        return Finding("GIMP", "ok", f"{program.name} loads the plug-in.")
    if "procedure False" in answer.text:
        words = f"{program.name} does not load the plug-in."
        return Finding(
            "GIMP", "problem", words, f"Start GIMP from a terminal to see why. {INSTALL}"
        )
    words = f"{program.name} could not be asked: {answer.last_error}."
    return Finding("GIMP", "warning", words, "Start GIMP once, and try again.")
