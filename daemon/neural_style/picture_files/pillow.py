"""Pillow as a decoder of files without metadata; its warnings are ignored."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image

from neural_style.picture_files.decoded import Samples


@contextmanager
def opened(data: bytes, kind: str) -> Iterator[Image.Image]:
    """The first picture of ``data``. The caller has checked its size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            yield image


def colours_and_alpha(image: Image.Image) -> tuple[Samples, Samples | None]:
    """Colours (height, width, 1, 3 or 4) and alpha (height, width) of a loaded 8-bit image."""
    if image.mode in ("LA", "RGBA"):
        samples = np.asarray(image)
        return samples[..., :-1], samples[..., -1]
    if image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    samples = np.asarray(image)
    return samples.reshape(*samples.shape[:2], -1), None
