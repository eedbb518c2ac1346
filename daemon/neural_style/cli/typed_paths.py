"""Check the names of pictures as typed, before anything is opened."""

from __future__ import annotations

import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from neural_style_protocol.errors import InputError, StorageError
from neural_style_protocol.phrases import Phrase

STANDARD_INPUT = Path("/dev/stdin")

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|file:/")


@dataclass(frozen=True)
class Output:
    """Where to save pictures: a file, or a folder, which may not exist yet."""

    path: Path
    is_folder: bool


def picture_file(typed: str) -> Path:
    """The path of a picture to read; ``-`` is standard input.

    Raises:
        InputError: the name is empty, an address, or a folder.
    """
    if not typed:
        raise InputError("A picture's name is empty.", next_step="Give the name of a file.")
    if typed == "-":
        return _standard_input()
    if not os.path.lexists(typed):
        _refuse_address(typed)
        _refuse_tilde(typed, "There is no file {file}", InputError)
    if os.path.isdir(typed):
        pictures = f"{shlex.quote(typed.rstrip('/'))}/*.jpg"
        raise InputError(
            "{typed} is a folder, not a picture.",
            next_step="Name its pictures. To paint them all: "
            "`neural-style stylize {pictures} --style STYLE -o OUTPUT-FOLDER/`.",
            typed=typed,
            pictures=pictures,
        )
    return Path(typed)


def picture_or_folder(typed: str) -> Path:
    """The path of a picture to read, or of a folder of pictures.

    Raises:
        InputError: the name is empty, an address, or standard input.
    """
    if typed == "-":
        raise InputError(
            "A batch reads its pictures again when it goes on, and cannot read `-` twice.",
            next_step="Save the picture in a file first.",
        )
    return Path(typed) if os.path.isdir(typed) else picture_file(typed)


def output_path(typed: str) -> Output:
    """Where to save: a file, or a folder.

    Raises:
        InputError: the name is empty, standard output or an address.
        StorageError: the working folder has been deleted, or the shell did not expand ``~``.
    """
    if not typed:
        raise InputError("The name of the output is empty.", next_step="Give the name of a file.")
    if typed == "-":
        raise InputError(
            "A picture cannot be written to standard output.",
            next_step="Give the output a name that ends in .png, .jpg, .tif or .webp.",
        )
    if not os.path.lexists(typed) and not os.path.isdir(os.path.dirname(typed) or "."):
        _refuse_address(typed)
        _refuse_tilde(typed, "There is no folder for {file}", StorageError)
    if not os.path.isabs(typed):
        _check_working_folder()
    return Output(Path(typed), is_folder=typed.endswith(("/", os.sep)) or os.path.isdir(typed))


def output_file(typed: str) -> Path:
    """Where to save one picture.

    Raises:
        InputError, StorageError: as :func:`output_path`; and for a folder.
    """
    output = output_path(typed)
    if output.is_folder:
        raise folder_refused(output.path)
    return output.path


def folder_refused(
    folder: Path, next_step: str = "Name a picture in it, such as {example}.", command: str = ""
) -> StorageError:
    """The error for a folder where one picture is needed; ``command`` is what to type instead."""
    return StorageError(
        "{folder} is a folder: one picture cannot be written in its place.",
        next_step=next_step,
        folder=folder,
        example=folder / "painted.png",
        command=command,
    )


def _standard_input(system: str = sys.platform) -> Path:
    if system == "win32":
        raise InputError(
            "A picture cannot be read from standard input on Windows.",
            next_step="Give the name of a file.",
        )
    if sys.stdin is not None and sys.stdin.isatty():
        raise InputError(
            "`-` is standard input, and that is the keyboard here.",
            next_step="Give the name of a file, or send a picture through a pipe.",
        )
    return STANDARD_INPUT


def _refuse_address(value: str) -> None:
    if not _ADDRESS.match(value):
        return
    if value.lower().startswith("file:"):
        raise InputError(
            "{value} is an address, not the name of a file.",
            next_step="Give the name alone: {file}.",
            value=value,
            file=shlex.quote(unquote(urlsplit(value).path)),
        )
    raise InputError(
        "{value} is an address, not the name of a file; nothing is fetched from the network.",
        next_step="Save the picture in a folder first, and give the name of that file.",
        value=value,
    )


def _refuse_tilde(value: str, missing: str, kind: type[InputError] | type[StorageError]) -> None:
    home = os.path.expanduser(value)
    if value.startswith("~") and home != value:
        raise kind(
            "{missing}: the shell replaces ~ by your home folder only at the beginning of a word "
            "and without quotes.",
            next_step="Give the whole name: {whole}.",
            missing=Phrase(missing, {"file": value}),
            whole=shlex.quote(home),
        )


def _check_working_folder() -> None:
    try:
        os.getcwd()
    except OSError as error:
        raise StorageError(
            "The folder that you are working in has been deleted or moved.",
            next_step="Change to another folder first.",
        ) from error
