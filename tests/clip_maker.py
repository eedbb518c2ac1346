"""Small clips for the tests: a stripe that moves over one colour, with or without sound."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

UNIT = Fraction(1, 1000)
SOUND_RATE = 44_100


def picture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """RGB of a frame: (height, width, 3). Its upper left corner is white."""
    samples = np.full((height, width, 3), (200, 60, 30), np.uint8)
    samples[:, 16 + 2 * number : 24 + 2 * number] = (20, 160, 220)
    samples[:8, :8] = 255
    return samples


def make_clip(
    path: Path,
    frames: int = 5,
    *,
    width: int = 64,
    height: int = 48,
    times: Sequence[int] = (),
    sound: bool = True,
    full_range: bool = False,
    matrix: int = 1,
    codec: str = "libx264",
    layout: str = "yuv420p",
) -> Path:
    """Write a clip; ``times`` are in thousandths of a second, or 40 apart. ``matrix``: as H.273."""
    color_range = 2 if full_range else 1
    with av.open(str(path), "w") as target:
        stream = target.add_stream(codec, rate=25, options={"g": "1"})
        stream.width, stream.height, stream.pix_fmt = width, height, layout
        encoder = stream.codec_context
        encoder.time_base = stream.time_base = UNIT
        encoder.color_range, encoder.colorspace = color_range, matrix
        encoder.color_primaries = encoder.color_trc = 1
        audio = target.add_stream("aac", rate=SOUND_RATE) if sound else None
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number, width, height), format="rgb24")
            if layout.startswith("yuv"):
                frame = frame.reformat(
                    format=layout,
                    dst_colorspace=1 if matrix == 1 else 5,
                    src_color_range=2,
                    dst_color_range=color_range,
                )
                frame.colorspace, frame.color_range = matrix, color_range
            frame.time_base = UNIT
            frame.pts = times[number] if times else 40 * number
            frame.duration = 40
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
        if audio is not None:
            samples = np.sin(np.arange(SOUND_RATE * frames // 25) * 0.05).astype(np.float32)
            for start in range(0, len(samples) - 1024, 1024):
                part = np.ascontiguousarray(samples[None, start : start + 1024])
                tone = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
                tone.rate, tone.pts, tone.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
                target.mux(audio.encode(tone))
            target.mux(audio.encode())
    return path


def turned(path: Path) -> Path:
    """The clip, marked as one that is shown turned clockwise by a quarter, as phones do."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # version 0: the matrix follows 40 bytes of other fields
    one, minus = (0x10000).to_bytes(4, "big"), (0xFFFF0000).to_bytes(4, "big")
    zero = bytes(4)
    matrix = (zero, one, zero, minus, zero, zero)
    data[at : at + 24] = b"".join(matrix)
    path.write_bytes(data)
    return path


def damaged(path: Path, packet: int) -> Path:
    """The clip with one packet of its pictures overwritten by zeros."""
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
        start, size = packets[packet].pos, packets[packet].size
    data = bytearray(path.read_bytes())
    data[start : start + size] = bytes(size)
    path.write_bytes(data)
    return path


def sound_of(path: Path) -> list[bytes]:
    """The packets of the sound, as they are stored."""
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(audio=0) if p.size]
