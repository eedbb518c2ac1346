"""The folder that the pictures go into."""

from __future__ import annotations

from pathlib import Path

from neural_style_protocol.errors import StorageError
from neural_style_protocol.phrases import reason


def make_folder(folder: Path) -> None:
    """Make ``folder`` if it is missing; the folder around it must be there.

    Raises:
        StorageError: it cannot be made, or is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise StorageError(
            "{folder} is a file, not a folder.",
            next_step="Name a folder for the pictures.",
            folder=folder,
        )
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise StorageError(
            "The folder {folder} cannot be made ({reason}).",
            next_step="Choose another place.",
            folder=folder,
            reason=reason(error),
        ) from error
