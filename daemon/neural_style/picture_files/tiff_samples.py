"""Convert the samples of a TIFF page to colours and alpha, with black at 0 and white at 1."""

from __future__ import annotations

import numpy as np
from PIL import Image

from neural_style.picture_files.decoded import Decoded, Samples, as_float
from neural_style.picture_files.refusals import damaged, unknown_kind
from neural_style.picture_files.tiff_kind import FLOAT, INDEXED, WHITE_IS_ZERO, YCBCR, Kind
from neural_style.picture_files.tiff_tags import Directory

_COLOUR_MAP = 320
_MOST_OUT_OF_RANGE = 0.25
"""The largest share of floating-point samples outside [0, 1]; a few may be highlights."""
_LARGEST_OF_16_BITS = 65535

NOT_NUMBERS = "It has samples that are not numbers (NaN), which became black."
CLIPPED = "Its samples below 0 or above 1 were cut to black and white."
LEFT_OUT = "It has further channels, which were left out."


def decoded(samples: Samples, kind: Kind, page: Directory, name: str) -> Decoded:
    """Colours and alpha, without profile and metadata.

    Args:
        samples: (height, width, n), as stored.

    Raises:
        InputError: the values of black and white are unknown.
    """
    extra = samples[..., kind.channels :]
    if kind.photometric == INDEXED:
        colours = _from_colour_map(samples[..., 0], kind, page, name)
        return Decoded(colours, notes=(LEFT_OUT,) if extra.shape[2] else ())
    scaled, notes = _scaled(samples, kind, name)
    colours = scaled[..., : kind.channels]
    alpha = None
    if kind.alpha is not None and kind.channels + kind.alpha < scaled.shape[2]:
        alpha = scaled[..., kind.channels + kind.alpha]
    if kind.photometric == YCBCR:
        ycbcr = Image.frombytes("YCbCr", (kind.width, kind.height), colours.tobytes())
        colours = np.asarray(ycbcr.convert("RGB"))
    if kind.photometric == WHITE_IS_ZERO:
        colours = (255 if colours.dtype == np.uint8 else np.float32(1)) - colours
    if alpha is not None and kind.premultiplied:
        colours = _divided(colours, alpha)
    if extra.shape[2] > (alpha is not None):
        notes += (LEFT_OUT,)
    return Decoded(colours, alpha, notes=notes)


def _from_colour_map(indices: Samples, kind: Kind, page: Directory, name: str) -> Samples:
    """Colours from a map of 16-bit values; many programs write 8-bit values instead."""
    entries = 1 << kind.bits
    table = np.array(page.integers(_COLOUR_MAP), np.uint32)
    if kind.bits > 8 or len(table) < 3 * entries:
        raise damaged(name)
    if table.max() > 255:
        table //= 256
    return np.asarray(table[: 3 * entries].reshape(3, entries).T.astype(np.uint8)[indices])


def _scaled(samples: Samples, kind: Kind, name: str) -> tuple[Samples, tuple[str, ...]]:
    if kind.sample_format == FLOAT:
        return _from_float(samples, name)
    white = (1 << kind.bits) - 1
    if kind.bits == 8:
        return samples, ()
    if kind.bits < 8:
        wide = samples.astype(np.uint16) * 255
        return ((wide + white // 2) // white).astype(np.uint8), ()
    if kind.bits == 32 and int(samples.max()) <= _LARGEST_OF_16_BITS:
        raise unknown_kind(
            name,
            f"is a TIFF of 32-bit numbers that only go up to {int(samples.max())}, and does not "
            "say which is white",
        )
    return as_float(samples, white), ()


def _from_float(samples: Samples, name: str) -> tuple[Samples, tuple[str, ...]]:
    """Samples clipped to [0, 1]: 0 is black and 1 is white."""
    values = samples.astype(np.float32)
    notes: tuple[str, ...] = ()
    if np.isnan(values).any():
        notes += (NOT_NUMBERS,)
        np.nan_to_num(values, copy=False, nan=0.0, posinf=np.inf, neginf=-np.inf)
    outside = float(np.mean((values < 0) | (values > 1)))
    if outside > _MOST_OUT_OF_RANGE:
        finite = values[np.isfinite(values)]
        span = f"from {finite.min():g} to {finite.max():g}" if finite.size else "without end"
        raise unknown_kind(
            name,
            f"is a TIFF of floating-point numbers {span}, where black is 0 and white is 1",
            "Scale its numbers to between 0 and 1, or save it with 8 or 16 bits.",
        )
    if outside:
        notes += (CLIPPED,)
    return np.clip(values, 0, 1, out=values), notes


def _divided(colours: Samples, alpha: Samples) -> Samples:
    """Premultiplied colours divided by alpha; 8-bit ones as Pillow computes them."""
    weight = alpha[..., np.newaxis]
    if colours.dtype == np.uint8:
        whole = colours.astype(np.uint16) * 255 // np.maximum(weight, 1)
        return np.asarray(np.where(weight == 0, 0, np.minimum(whole, 255)), dtype=np.uint8)
    return np.asarray(np.clip(colours / np.maximum(weight, np.float32(1e-6)), 0, 1))
