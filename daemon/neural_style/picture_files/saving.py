"""Pictures to files: PNG, JPEG, TIFF and WebP, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from PIL import Image

from neural_style.picture_files.formats import format_for
from neural_style.picture_files.loaded import image_of
from neural_style_protocol.errors import StorageError
from neural_style_protocol.pixels import Picture

_SAVE_OPTIONS: dict[str, dict[str, object]] = {
    "PNG": {"compress_level": 6},
    "JPEG": {"quality": 95, "subsampling": 0, "optimize": True},
    "TIFF": {"compression": "tiff_deflate"},
    "WEBP": {"quality": 95, "method": 4},
}


def save(picture: Picture, path: Path) -> tuple[str, ...]:
    """Write ``picture`` to ``path`` whole or not at all; returns notes, in sentences.

    Raises:
        InputError: the ending is not known.
        StorageError: the file cannot be written.
    """
    kind = format_for(path)
    image = image_of(picture)
    notes: tuple[str, ...] = ()
    if kind == "JPEG" and image.mode == "RGBA":
        image = _on_white(image)
        notes = ("JPEG has no transparency: transparent parts became white.",)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                image.save(file, kind, **_SAVE_OPTIONS[kind])
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be written ({error}).") from error
    return notes


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
