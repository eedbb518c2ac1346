"""Pictures in messages: a small description, and raw pixels in chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from neural_style_protocol.errors import InputError, ProtocolError
from neural_style_protocol.fields import Integer, Text

CHUNK_BYTES = 1 << 20
"""Most bytes of pixels in one message, so that a large layer never delays a cancel."""

WINDOW_CHUNKS = 4
"""Chunks that may be sent before the first is answered."""

MAX_SIDE = 65_535
MAX_PIXELS = 120_000_000
MAX_BYTES = MAX_PIXELS * 16

Side: TypeAlias = Annotated[int, Integer(0, 100 * MAX_SIDE)]
"""The range is wider than MAX_SIDE, so that :class:`PictureSpec` can say what is too large."""

BYTES_PER_SAMPLE = {"u8": 1, "f32": 4}


@dataclass(frozen=True)
class PictureSpec:
    """Size and sample type of a picture: (height, width, channels), row by row.

    ``channels`` is 1 (a mask), 3 (RGB) or 4 (RGB and straight alpha). Colours are sRGB with its
    transfer curve. ``u8`` samples range from 0 to 255, ``f32`` (little-endian) from 0 to 1.

    Raises:
        ProtocolError: the number of channels or the dtype is invalid.
        InputError: the picture is empty or too large.
    """

    width: Side
    height: Side
    channels: Annotated[int, Integer(1, 4)]
    dtype: Annotated[str, Text(8)] = "u8"

    def __post_init__(self) -> None:
        if self.dtype not in BYTES_PER_SAMPLE or self.channels not in (1, 3, 4):
            raise ProtocolError(
                "Pixels of kind {channels} × {dtype} are not known.",
                channels=self.channels,
                dtype=repr(self.dtype),
            )
        if self.width < 1 or self.height < 1:
            raise InputError("The picture has no pixels.")
        if max(self.width, self.height) > MAX_SIDE or self.width * self.height > MAX_PIXELS:
            raise InputError(
                "A picture of {width} × {height} pixels is too large.",
                next_step="Scale it down to {megapixels} megapixels or fewer.",
                width=self.width,
                height=self.height,
                megapixels=MAX_PIXELS // 1_000_000,
            )

    @property
    def byte_count(self) -> int:
        return self.width * self.height * self.channels * BYTES_PER_SAMPLE[self.dtype]


@dataclass(frozen=True)
class Picture:
    """A complete picture; ``data`` has exactly ``spec.byte_count`` bytes."""

    spec: PictureSpec
    data: bytes

    def __post_init__(self) -> None:
        if len(self.data) != self.spec.byte_count:
            raise ProtocolError(
                "A picture of {announced} bytes came with {count}.",
                announced=self.spec.byte_count,
                count=len(self.data),
            )

    @classmethod
    def of(cls, width: int, height: int, channels: int, data: bytes, dtype: str = "u8") -> Picture:
        """A picture from its size, samples and dtype."""
        return cls(PictureSpec(width, height, channels, dtype), data)

    @property
    def width(self) -> int:
        return self.spec.width

    @property
    def height(self) -> int:
        return self.spec.height

    @property
    def channels(self) -> int:
        return self.spec.channels

    @property
    def dtype(self) -> str:
        return self.spec.dtype

    def chunk(self, offset: int) -> bytes:
        """At most ``CHUNK_BYTES`` bytes from ``offset``; empty past the end."""
        return self.data[offset : offset + CHUNK_BYTES]


class Assembly:
    """A picture that is put together from chunks, in order.

    Memory grows with the bytes that arrive, not with the size that was announced.
    """

    def __init__(self, spec: PictureSpec) -> None:
        self.spec = spec
        self._received = bytearray()

    @property
    def received(self) -> int:
        """Bytes that have arrived."""
        return len(self._received)

    @property
    def complete(self) -> bool:
        return self.received == self.spec.byte_count

    def add(self, offset: int, chunk: bytes) -> None:
        """Append ``chunk``, which starts at byte ``offset``.

        Raises:
            ProtocolError: the chunk is empty, out of order, too large, or past the end.
        """
        if offset != self.received or not 0 < len(chunk) <= CHUNK_BYTES:
            raise ProtocolError("Pixels came out of order at byte {offset}.", offset=offset)
        if offset + len(chunk) > self.spec.byte_count:
            raise ProtocolError("More pixels came than the picture has.")
        self._received += chunk

    def picture(self) -> Picture:
        """The complete picture."""
        return Picture(self.spec, bytes(self._received))
