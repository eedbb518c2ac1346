"""Finds the pictures to paint among the files and folders that were named."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from neural_style.picture_files.formats import FORMATS
from neural_style_protocol.errors import InputError
from neural_style_protocol.phrases import reason


@dataclass(frozen=True)
class Gathered:
    """The content images, and sentences about what was left out."""

    contents: tuple[Path, ...]
    notes: tuple[str, ...]


def gather(
    named: Iterable[Path], styles: Sequence[Path], is_output: Callable[[Path], bool]
) -> Gathered:
    """The content images among ``named``: each file, and the pictures that lie in each folder.

    A picture that was named twice is painted once. What is in a folder beside its pictures is left
    out, and so are the style images there, and the pictures that this batch has made itself.

    Args:
        is_output: whether a file is a picture that this batch has painted.

    Raises:
        InputError: a folder cannot be read, a file is none, or there is no picture.
    """
    found: dict[str, Path] = {}
    notes: list[str] = []
    own_styles = {_identity(style) for style in styles}
    for path in named:
        is_folder = path.is_dir()
        if path.exists() and not is_folder and not path.is_file():
            raise InputError(
                "{path} is a pipe or a device, which a batch cannot read again.",
                next_step="Save the picture in a file first.",
                path=path,
            )
        files = list(_files_in(path)) if is_folder else [path]
        pictures = [file for file in files if not is_folder or file.suffix.lower() in FORMATS]
        inputs = [file for file in pictures if not is_output(file)]
        if is_folder:
            inputs = [file for file in inputs if _identity(file) not in own_styles]
        notes += _left_out(path, len(files) - len(pictures), len(pictures) - len(inputs))
        for file in inputs:
            found.setdefault(_identity(file), file)
    if not found:
        raise InputError(
            "There is no picture to paint.",
            next_step="Name pictures, or a folder with PNG, JPEG, TIFF or WebP files.",
        )
    return Gathered(tuple(found.values()), tuple(notes))


def _files_in(folder: Path) -> Iterator[Path]:
    """The files of a folder by their names, without hidden ones."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise InputError(
            "The folder {folder} cannot be read ({reason}).",
            next_step="Check its permissions.",
            folder=folder,
            reason=reason(error),
        ) from error
    return (folder / name for name in names if not name.startswith(".") and _is_file(folder / name))


def _is_file(path: Path) -> bool:
    return path.is_file() or path.is_symlink()


def _identity(path: Path) -> str:
    return os.path.realpath(path)


def _left_out(path: Path, others: int, used: int) -> Iterator[str]:
    if others:
        yield f"{path}: {_files(others)} no PNG, JPEG, TIFF or WebP picture: left out."
    if used:
        yield f"{path}: {_files(used)} a style or an output of this batch: left out."


def _files(count: int) -> str:
    return "1 file is" if count == 1 else f"{count} files are"
