"""The weights folder: finds, checks and downloads the sets of weights."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from neural_style.weights import sources
from neural_style.weights.convert import Converter, convert_quantised, convert_torchvision
from neural_style.weights.sources import Report
from neural_style_protocol import atomic
from neural_style_protocol.errors import StorageError, WeightsError
from neural_style_protocol.phrases import reason


@dataclass(frozen=True)
class WeightsSet:
    """One published set: how its source is read and converted.

    ``sha256`` is the hash of the converted file. If it is None, the hash is written beside the file
    at conversion, and that one is checked.
    """

    read: Callable[[Path, Report], bytes]
    convert: Converter
    sha256: str | None


_SETS: Mapping[str, WeightsSet] = {
    "quantised": WeightsSet(
        sources.read_quantised,
        convert_quantised,
        "5f3d3525c4e6b2e88db888d7d1783224b50ad0d0a21c4fed894a7c4f31dbe0eb",
    ),
    "torchvision": WeightsSet(sources.read_torchvision, convert_torchvision, None),
}

NAMES: tuple[str, ...] = tuple(_SETS)
"""The names of all sets, the default first."""


def path_of(folder: Path, name: str = NAMES[0]) -> Path:
    """The path of the set ``name`` in the weights folder, whether or not it exists.

    Raises:
        WeightsError: there is no such set.
    """
    _set(name)
    return folder / f"vgg19-{name}.safetensors"


def recorded_hash(folder: Path, name: str = NAMES[0]) -> str:
    """The hash that the set's file has; empty if it is recorded only once the set is here.

    Raises:
        WeightsError: there is no such set.
    """
    return _set(name).sha256 or _recorded(path_of(folder, name))


def is_present(folder: Path, name: str = NAMES[0]) -> bool:
    """Whether the set's file exists; it is not checked."""
    return path_of(folder, name).is_file()


def verify(folder: Path, name: str = NAMES[0]) -> Path:
    """Check the hash of a set, and return its path.

    Raises:
        WeightsError: the file is missing, truncated or damaged.
    """
    path = path_of(folder, name)
    expected = _set(name).sha256 or _recorded(path)
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise WeightsError("The weights file {path} is missing.", path=path) from None
    except OSError as problem:
        raise WeightsError(
            "The weights file {path} cannot be read: {reason}.", path=path, reason=reason(problem)
        ) from problem
    if found != expected:
        raise WeightsError(
            "The weights file {path} is damaged: its hash is not the recorded one.", path=path
        )
    return path


def fetch(folder: Path, name: str = NAMES[0], report: Report | None = None) -> Path:
    """Download a set, convert it, and write it atomically over the present one.

    Args:
        report: called with the present activity and the fraction done.

    Raises:
        WeightsError: the download failed, or the file is not the recorded one.
        StorageError: the folder cannot be written.
    """
    weights_set = _set(name)
    path = path_of(folder, name)
    tell = report or (lambda _words, _fraction: None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        source = weights_set.read(folder, tell)
        tell("Converting the weights", 0.9)
        converted = weights_set.convert(source)
        digest = hashlib.sha256(converted).hexdigest()
        if weights_set.sha256 not in (None, digest):
            raise WeightsError("The weights did not convert to the recorded file.")
        atomic.write(path, converted)
        atomic.write(_record_path(path), f"{digest}\n".encode())
    except OSError as problem:
        raise StorageError(
            "The weights cannot be written to {folder}: {reason}.",
            folder=folder,
            reason=reason(problem),
        ) from problem
    tell("The weights are in place", 1.0)
    return path


def ensure(folder: Path, name: str = NAMES[0], report: Report | None = None) -> Path:
    """The path of a checked set; it is downloaded first if it is missing or damaged.

    Raises:
        WeightsError, StorageError: as :func:`fetch`.
    """
    try:
        return verify(folder, name)
    except WeightsError:
        return fetch(folder, name, report)


def _set(name: str) -> WeightsSet:
    if name not in _SETS:
        raise WeightsError(
            "There are no weights called {name}.",
            next_step="Choose one of: {known}.",
            name=repr(name),
            known=", ".join(NAMES),
        )
    return _SETS[name]


def _record_path(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _recorded(path: Path) -> str:
    try:
        return _record_path(path).read_text().strip()
    except OSError:
        return ""
