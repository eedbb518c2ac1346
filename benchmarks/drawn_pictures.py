"""A content and a style image that the program draws, for what needs no photograph."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neural_style.samples import STYLES, draw_landscape
from neural_style_protocol.pixels import Picture


def landscape() -> Picture:
    """The content image."""
    return _picture(draw_landscape())


def style() -> Picture:
    """The style image."""
    return _picture(next(iter(STYLES.values()))())


def _picture(pixels: npt.NDArray[np.uint8]) -> Picture:
    height, width, channels = pixels.shape
    return Picture.of(width, height, channels, pixels.tobytes())
