"""The largest picture that each format can store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from neural_style.picture_files.formats import format_for
from neural_style_protocol.errors import InputError
from neural_style_protocol.pixels import MAX_SIDE

_NAMES: Mapping[str, str] = MappingProxyType({"WEBP": "WebP"})
_LONGEST: Mapping[str, int] = MappingProxyType({"WEBP": 16_383, "JPEG": 65_500})
"""Longest side in pixels. PNG and TIFF can store every result: the largest one of 16 bits takes
less than a gigabyte, and a TIFF may have four."""


def check_size(path: Path, width: int, height: int) -> None:
    """Check before the work that the result is not too large for the format of ``path``.

    Raises:
        InputError: it is too large, or the extension is not supported.
    """
    kind = format_for(path)
    longest = _LONGEST.get(kind, MAX_SIDE)
    if max(width, height) <= longest:
        return
    raise InputError(
        "{name} cannot be saved: a {format} picture has at most {longest} pixels on a side, and "
        "this one would be {width} × {height}.",
        next_step="Make it smaller, or save it as PNG or TIFF."
        if kind in _LONGEST
        else "Make it smaller.",
        name=path.name,
        format=_NAMES.get(kind, kind),
        longest=longest,
        width=width,
        height=height,
    )
