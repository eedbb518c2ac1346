"""The formats of picture files, by the extension of the name."""

from __future__ import annotations

from pathlib import Path

from neural_style_protocol.errors import InputError

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jfif": "JPEG",
    ".jpe": "JPEG",
    ".jif": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
KNOWN = "Use a PNG, JPEG, TIFF or WebP file."


def format_for(path: Path) -> str:
    """Pillow's name of the format for the extension of ``path``.

    Raises:
        InputError: the extension is not supported.
    """
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        ending = path.suffix or "no ending"
        raise InputError(
            "A picture cannot be saved as {name} ({ending}).",
            next_step="Give the output a name that ends in .png, .jpg, .tif or .webp.",
            name=path.name,
            ending=ending,
        ) from None
