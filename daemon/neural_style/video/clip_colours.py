"""How a clip writes colours: matrix, range and tags; from its frames to RGB and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neural_style_protocol.errors import InputError

UNSPECIFIED, BT709, BT601 = 2, 1, 5
"""Matrices, by their numbers in FFmpeg and in ITU-T H.273."""
VIDEO_RANGE, FULL_RANGE = 1, 2
HIGH_DYNAMIC_RANGE = frozenset({16, 18})
"""The transfer curves PQ and HLG."""
LARGE = 720
"""Rows from which a clip that does not tell its matrix is taken to have that of BT.709."""
_SHARES = {
    BT709: (0.2126, 0.0722),
    4: (0.30, 0.11),
    BT601: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
"""What red and blue have in the lightness, by the matrix."""
_FEWER = {"yuv420p": (2, 2), "yuv422p": (1, 2), "yuv444p": (1, 1)}
"""Rows and columns that share one colour, by the layout."""
PLAIN_FORMATS = ("yuv420p", "yuv422p", "yuv444p")


@dataclass(frozen=True)
class ClipColours:
    """The kind of colours of a clip; numbers are those of ITU-T H.273.

    Attributes:
        pixels: FFmpeg's name of the layout, one of :data:`PLAIN_FORMATS`.
        matrix, primaries, curve: as they are tagged; 2 if they are not.
        is_full: whether samples use all values from 0 to 255.
        rows: the height of a frame, by which a matrix that is not tagged is guessed.
    """

    pixels: str
    matrix: int
    primaries: int
    curve: int
    is_full: bool
    rows: int

    @classmethod
    def usual(cls) -> ClipColours:
        """Those of a clip that is made of single pictures."""
        return cls("yuv420p", BT709, BT709, BT709, False, LARGE)

    @classmethod
    def of(cls, frame: Any, path: Path) -> ClipColours:
        """Those of a decoded frame.

        Raises:
            InputError: they have a high dynamic range, which is not painted.
        """
        curve = int(frame.color_trc)
        if curve in HIGH_DYNAMIC_RANGE:
            raise InputError(
                "{path} has a high dynamic range, which cannot be painted.",
                next_step="Convert the clip to the standard range (SDR) first.",
                path=path,
            )
        name = str(frame.format.name)
        pixels = name.replace("yuvj", "yuv")
        return cls(
            pixels if pixels in PLAIN_FORMATS else PLAIN_FORMATS[0],
            int(frame.colorspace),
            int(frame.color_primaries),
            curve,
            int(frame.color_range) == FULL_RANGE or name.startswith("yuvj"),
            int(frame.height),
        )

    def decoded(self, frame: Any) -> NDArray[np.uint8]:
        """RGB of a frame: (h, w, 3)."""
        if frame.format.is_rgb:
            converted = frame.reformat(format="rgb24")
        else:
            converted = frame.reformat(
                format="rgb24",
                src_colorspace=self._matrix_used,
                src_color_range=self.range,
                dst_color_range=FULL_RANGE,
            )
        return np.asarray(converted.to_ndarray(), np.uint8)

    def prepare(self, encoder: Any, size: tuple[int, int]) -> None:
        """Tell an encoder, which has no frame yet, for frames of (width, height)."""
        is_odd = size[0] % 2 or size[1] % 2
        encoder.pix_fmt = "yuv444p" if is_odd else self.pixels
        encoder.colorspace, encoder.color_primaries = self.matrix, self.primaries
        encoder.color_trc, encoder.color_range = self.curve, self.range

    def planes(self, samples: NDArray[np.uint8], pixels: str) -> list[NDArray[np.uint8]]:
        """RGB (h, w, 3) as the three planes of the layout ``pixels``.

        FFmpeg's own conversion reads a little beyond the rows, so that the same pictures would not
        always give the same file.
        """
        height, width = samples.shape[:2]
        red_share, blue_share = _SHARES[self._matrix_used]
        red, green, blue = np.moveaxis(samples.astype(np.float32) / 255, -1, 0)
        light = red_share * red + (1 - red_share - blue_share) * green + blue_share * blue
        differences = ((blue - light) / (1 - blue_share) / 2, (red - light) / (1 - red_share) / 2)
        base, light_steps, colour_steps = (0, 255, 255) if self.is_full else (16, 219, 224)
        down, across = _FEWER[pixels]
        parts = [base + light_steps * light]
        for each in differences:
            blocks = each.reshape(height // down, down, width // across, across)
            parts.append(128 + colour_steps * blocks.mean((1, 3)))
        return [np.round(part).clip(0, 255).astype(np.uint8) for part in parts]

    @property
    def range(self) -> int:
        """:data:`VIDEO_RANGE` or :data:`FULL_RANGE`."""
        return FULL_RANGE if self.is_full else VIDEO_RANGE

    @property
    def _matrix_used(self) -> int:
        """The matrix to compute with, by its number in FFmpeg's scaler."""
        if self.matrix in (BT709, 4, 7, 9):
            return self.matrix
        if self.matrix in (5, 6):
            return BT601
        return BT709 if self.rows >= LARGE else BT601
