"""A complete copy of the plug-in, made from what this Python has installed."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import neural_style
from neural_style import plugin_copies
from neural_style.setup.errors import SetupError
from neural_style_protocol import atomic
from neural_style_protocol.errors import StorageError
from neural_style_protocol.phrases import reason

PACKAGE = Path(neural_style.__file__).parent
IN_THE_WHEEL = PACKAGE / "plugin"
IN_A_CHECKOUT = PACKAGE.parents[1] / "gimp_plugin" / "neural-style"

PURE = ("msgpack", "neural_style_protocol")
"""Packages that GIMP's Python needs; msgpack works without its compiled part."""

LINKED = ("zmq", "pyzmq.libs")
"""On Linux: for a GIMP in a sandbox, which talks to the daemon itself."""

_NOT_PURE = shutil.ignore_patterns("__pycache__", *plugin_copies.COMPILED)


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
        plugin_copies.begin(_source(), part)
        for name in PURE:
            shutil.copytree(_installed(name), part / "vendor" / name, ignore=_NOT_PURE)
        if system == "linux":
            _copy_linked(part / "vendor")
            plugin_copies.use_the_systems_python(part)
        plugin_copies.complete(part, str(home), str(command))
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
