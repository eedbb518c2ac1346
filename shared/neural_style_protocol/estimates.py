"""The request for an estimate of time and memory, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from neural_style_protocol._message import Count, Message, Name
from neural_style_protocol.client_messages import LONGEST_ARITHMETIC, MAX_STYLES
from neural_style_protocol.fields import Integer, Map, OptionalNumber, Text
from neural_style_protocol.pixels import MAX_SIDE, PictureSpec, Side

FEATURE = "estimate"
MOST_BYTES = 2**53

Bytes: TypeAlias = Annotated[int, Integer(0, MOST_BYTES)]


@dataclass(frozen=True)
class AskEstimate(Message):
    """Ask how much time and memory a content image of ``width`` × ``height`` pixels takes.

    ``styles`` is the number of style images that are mixed.
    """

    kind = "ask-estimate"
    ticket: Name
    settings: Annotated[Mapping[str, object], Map()]
    width: Side
    height: Side
    styles: Annotated[int, Integer(1, MAX_STYLES)] = 1

    def check(self) -> None:
        PictureSpec(self.width, self.height, 3)  # raises for a size that no job may have


@dataclass(frozen=True)
class Estimate(Message):
    """The estimate for one picture; if the job converges, it ends sooner.

    Attributes:
        ticket: of the request.
        width, height: of the result, in pixels.
        device: the name of the device that computes it.
        tile: side of the tiles at the finest scale, in pixels; 0 if it is computed whole.
        evaluations: the largest number of evaluations, at all scales together.
        seconds: the time of all evaluations; None until the daemon has measured the machine's
            speed, which it does when it is idle.
        peak_bytes: the largest memory use: resident in the computing process, or allocated on the
            graphics card.
        free_bytes: the memory that is available on the device.
        full_size_evaluations: the work at all scales, in evaluations at the result's size; None
            from a daemon that does not send it.
        arithmetic: the one in which such pictures are painted, for ``submit``; empty from a daemon
            that does not send it.
    """

    kind = "estimate"
    ticket: Name
    width: Count
    height: Count
    device: Annotated[str, Text(200)]
    tile: Annotated[int, Integer(0, MAX_SIDE)]
    evaluations: Count
    seconds: Annotated[float | None, OptionalNumber()]
    peak_bytes: Bytes
    free_bytes: Bytes
    full_size_evaluations: Annotated[float | None, OptionalNumber()] = None
    arithmetic: Annotated[str, Text(LONGEST_ARITHMETIC)] = ""

    @property
    def how(self) -> str:
        """For example ``computed in tiles of 704 pixels on CPU, 2 threads``."""
        return how_computed(self.tile, self.device)


def how_computed(tile: int | None, device: str) -> str:
    """How a picture is computed, in words; ``tile`` is the side in pixels, 0 or None for whole."""
    way = f"in tiles of {tile} pixels" if tile else "whole"
    return f"computed {way} on {device}"
