"""Where a picture is to be saved: what can be known before the work."""

from __future__ import annotations

import os
from pathlib import Path

from neural_style.picture_files.formats import format_for
from neural_style_protocol.errors import StorageError


def check_writable(path: Path) -> None:
    """Find out before the work whether its result can be saved.

    Raises:
        InputError: the ending is not known.
        StorageError: there is no such folder, or it cannot be written to.
    """
    format_for(path)
    folder = path.parent
    if not folder.is_dir():
        raise StorageError(f"There is no folder {folder}.", next_step="Make it first.")
    if path.is_dir() or not os.access(folder, os.W_OK):
        raise StorageError(f"{path} cannot be written.", next_step="Choose another place.")
