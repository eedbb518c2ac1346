"""The weights folder: which sets are there, whether they are whole, and how to get them."""

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


@dataclass(frozen=True)
class WeightsSet:
    """One published set: how its source is read and converted.

    ``sha256`` is the converted file's own hash. Where it cannot be known beforehand it is None,
    and the hash written beside the file at conversion is trusted instead.
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
"""The sets there are, the default first."""


def path_of(folder: Path, name: str = NAMES[0]) -> Path:
    """Where the set called ``name`` is, or would be, in the weights folder.

    Raises:
        WeightsError: there is no such set.
    """
    _set(name)
    return folder / f"vgg19-{name}.safetensors"


def is_present(folder: Path, name: str = NAMES[0]) -> bool:
    """Whether the set's file is there, whole or not."""
    return path_of(folder, name).is_file()


def verify(folder: Path, name: str = NAMES[0]) -> Path:
    """The path of a set whose every byte is as recorded.

    Raises:
        WeightsError: the file is missing, truncated or damaged; the sentence names it.
    """
    path = path_of(folder, name)
    expected = _set(name).sha256 or _recorded(path)
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise WeightsError(f"The weights file {path} is missing.") from None
    except OSError as problem:
        raise WeightsError(f"The weights file {path} cannot be read: {problem}.") from problem
    if found != expected:
        raise WeightsError(f"The weights file {path} is damaged: its hash is not the recorded one.")
    return path


def fetch(folder: Path, name: str = NAMES[0], report: Report | None = None) -> Path:
    """Get the set, convert it and put it in place, over whatever was there.

    The file appears whole or not at all.

    Args:
        report: told what is being done and the fraction done.

    Raises:
        WeightsError: it cannot be had, or is not the recorded one.
        StorageError: the folder cannot be written.
    """
    wanted = _set(name)
    path = path_of(folder, name)
    tell = report or (lambda _words, _fraction: None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        source = wanted.read(folder, tell)
        tell("Converting the weights", 0.9)
        converted = wanted.convert(source)
        digest = hashlib.sha256(converted).hexdigest()
        if wanted.sha256 not in (None, digest):
            raise WeightsError("The weights did not convert to the recorded file.")
        atomic.write(path, converted)
        atomic.write(_record_path(path), f"{digest}\n".encode())
    except OSError as problem:
        raise StorageError(f"The weights cannot be written to {folder}: {problem}.") from problem
    tell("The weights are in place", 1.0)
    return path


def ensure(folder: Path, name: str = NAMES[0], report: Report | None = None) -> Path:
    """The verified set, fetched first where it is missing, or again where it is damaged.

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
            f"There are no weights called {name!r}.",
            next_step=f"Choose one of: {', '.join(NAMES)}.",
        )
    return _SETS[name]


def _record_path(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _recorded(path: Path) -> str:
    try:
        return _record_path(path).read_text().strip()
    except OSError:
        return ""
