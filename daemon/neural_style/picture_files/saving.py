"""Save pictures as PNG, JPEG, TIFF and WebP files, atomically."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neural_style.picture_files import file_writing, limits
from neural_style.picture_files.decoded import Samples
from neural_style.picture_files.encoding import (
    ENCODERS,
    OPAQUE_FORMATS,
    SIXTEEN_BIT_FORMATS,
    Encodable,
    as_integers,
)
from neural_style.picture_files.formats import format_for
from neural_style.picture_files.loaded import NOTHING_KEPT, KeptMetadata
from neural_style.picture_files.result_colours import in_profile
from neural_style_protocol.errors import InputError, StorageError
from neural_style_protocol.phrases import reason
from neural_style_protocol.pixels import Picture

_NAMES = {"JPEG": "JPEG", "WEBP": "WebP"}


def save(picture: Picture, path: Path, kept: KeptMetadata = NOTHING_KEPT) -> tuple[str, ...]:
    """Write ``picture`` to ``path`` atomically; returns notes, which are sentences.

    An ``f32`` picture gets 16 bits a sample if the format has them.

    Args:
        kept: the photo's metadata; ``bits`` is ignored.

    Raises:
        InputError: the extension is not supported.
        StorageError: the file cannot be written.
    """
    kind = format_for(path)
    try:
        limits.check_size(path, picture.width, picture.height)
    except InputError as error:  # the daemon still has the picture: the caller says how to fetch it
        raise StorageError(
            "{problem}", next_step="{advice}", problem=error.what, advice=error.advice
        ) from error
    given, notes = _encodable(picture, kind, kept)
    try:
        data = ENCODERS[kind](given)
    except (OSError, ValueError, RuntimeError, MemoryError) as error:
        raise StorageError(
            "{path} cannot be written ({reason}).", path=path, reason=reason(error)
        ) from error
    file_writing.write(path, data)
    return notes


def _encodable(
    picture: Picture, kind: str, kept: KeptMetadata
) -> tuple[Encodable, tuple[str, ...]]:
    samples = _samples(picture)
    notes: tuple[str, ...] = ()
    if picture.dtype == "f32":
        lost_bits = f"{_NAMES.get(kind)} has 8 bits a sample: save as PNG or TIFF to keep 16."
        kept_bits = "Saved with 16 bits a sample, like the photo."
        notes += (kept_bits if kind in SIXTEEN_BIT_FORMATS else lost_bits,)
    if samples.shape[2] == 4 and kind in OPAQUE_FORMATS:
        samples = _on_white(samples)
        notes += (f"{_NAMES[kind]} has no transparency: transparent parts became white.",)
    result = in_profile(samples[..., :3], kept.profile)
    samples = np.dstack((result.colours, samples[..., 3:]))
    integers = np.ascontiguousarray(as_integers(samples, sixteen_bits=kind in SIXTEEN_BIT_FORMATS))
    return Encodable(integers, result.profile, result.is_srgb, kept), notes + result.notes


def _samples(picture: Picture) -> Samples:
    """(height, width, 3 or 4), uint8 or float32."""
    flat = np.frombuffer(picture.data, np.uint8 if picture.dtype == "u8" else "<f4")
    samples = flat.reshape(picture.height, picture.width, picture.channels)
    return np.repeat(samples, 3, axis=2) if picture.channels == 1 else samples


def _on_white(samples: Samples) -> Samples:
    white = 255 if samples.dtype == np.uint8 else 1
    colours, alpha = samples[..., :3].astype(np.float32), samples[..., 3:].astype(np.float32)
    mixed = white + (colours - white) * (alpha / white)
    if samples.dtype != np.uint8:
        return np.asarray(mixed, dtype=np.float32)
    return np.asarray(np.rint(mixed), dtype=np.uint8)
