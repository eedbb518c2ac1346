"""A complete copy of the plug-in, made from what this Python has installed."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import neural_style
from neural_style import gimps
from neural_style.setup.errors import SetupError
from neural_style_protocol import atomic
from neural_style_protocol.errors import StorageError
from neural_style_protocol.phrases import reason

SCRIPT = "neural-style.py"
PACKAGE = Path(neural_style.__file__).parent
IN_THE_WHEEL = PACKAGE / "plugin"
IN_A_CHECKOUT = PACKAGE.parents[1] / "gimp_plugin" / "neural-style"

PURE = ("msgpack", "neural_style_protocol")
"""Packages that GIMP's Python needs; msgpack works without its compiled part."""

LINKED = ("zmq", "pyzmq.libs")
"""On Linux: for a GIMP in a sandbox, which talks to the daemon itself."""

_NOT_OURS = shutil.ignore_patterns("vendor", "__pycache__", "install.json")
_NOT_PURE = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd", "*.dylib")


def make_copy(target: Path, home: Path, command: Path, system: str = sys.platform) -> None:
    """Make the folder ``target``, in place of an older copy.

    Args:
        target: its folder must exist.
        home: the daemon's folder.
        command: the program that starts the daemon.

    Raises:
        SetupError: a package is not installed.
        StorageError: the folder cannot be written.
    """
    part = target.with_name(f"{target.name}.next")
    try:
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(_source(), part, ignore=_NOT_OURS)
        for name in PURE:
            shutil.copytree(_installed(name), part / "vendor" / name, ignore=_NOT_PURE)
        if system == "linux":
            _copy_linked(part / "vendor")
        record = {"home": str(home), "command": [str(command)]}
        (part / "install.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        (part / SCRIPT).chmod(0o755)
        if system == "linux":
            _use_the_systems_python(part / SCRIPT)
        (part / SCRIPT).touch()  # GIMP asks a plug-in for its procedures again if its file changed
        shutil.rmtree(target, ignore_errors=True)
        atomic.replace(part, target)
    except OSError as error:
        raise StorageError(
            "{path} cannot be written ({reason}).", path=target, reason=reason(error)
        ) from error


def _source() -> Path:
    return IN_THE_WHEEL if IN_THE_WHEEL.is_dir() else IN_A_CHECKOUT


def _installed(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SetupError(
            "The package {name} is not installed.",
            next_step="Install neural-style-gimp again.",
            name=name,
        )
    return Path(spec.submodule_search_locations[0])


def _copy_linked(vendor: Path) -> None:
    packages = _installed(LINKED[0]).parent
    for name in LINKED:
        if (packages / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "tests")
            shutil.copytree(packages / name, vendor / name, ignore=ignored)


def _use_the_systems_python(script: Path) -> None:
    """Let no other Python of the search path run the script: only the system's has GIMP's gi."""
    if gimps.system_python_has_gi():
        lines = script.read_text(encoding="utf-8").split("\n")
        lines[0] = f"#!{gimps.SYSTEM_PYTHON}"
        script.write_text("\n".join(lines), encoding="utf-8")
