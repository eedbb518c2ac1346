"""What a picture will take: the question before a job is sent, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from neural_style_protocol._message import Count, Message, Name
from neural_style_protocol.fields import Map, OptionalNumber, Text, Whole
from neural_style_protocol.pixels import MAX_SIDE, PictureSpec, Side

FEATURE = "estimate"
MOST_BYTES = 2**53

Bytes: TypeAlias = Annotated[int, Whole(0, MOST_BYTES)]


@dataclass(frozen=True)
class AskEstimate(Message):
    """Ask what a content image of ``width`` × ``height`` pixels takes with ``settings``."""

    kind = "ask-estimate"
    ticket: Name
    settings: Annotated[Mapping[str, object], Map()]
    width: Side
    height: Side

    def check(self) -> None:
        PictureSpec(self.width, self.height, 3)  # refuses what no job may have either


@dataclass(frozen=True)
class Estimate(Message):
    """A prediction; convergence may end the job sooner.

    Attributes:
        ticket: of the question.
        width, height: of the result, in pixels.
        device: what computes it.
        tile: side of the tiles in which the finest scale is computed, in pixels; 0 if it is
            computed whole.
        evaluations: at all scales, at most.
        seconds: for all of them; None while this machine's speed has not been measured, which
            happens when it has nothing else to do.
        peak_bytes: resident memory of the computing process, or allocated on the graphics card.
        free_bytes: what the device could give.
        full_size_evaluations: the evaluations of all scales as multiples of one at the result's
            size; None from a daemon that does not tell.
    """

    kind = "estimate"
    ticket: Name
    width: Count
    height: Count
    device: Annotated[str, Text(200)]
    tile: Annotated[int, Whole(0, MAX_SIDE)]
    evaluations: Count
    seconds: Annotated[float | None, OptionalNumber()]
    peak_bytes: Bytes
    free_bytes: Bytes
    full_size_evaluations: Annotated[float | None, OptionalNumber()] = None

    @property
    def how(self) -> str:
        """In words: ``computed in tiles of 704 pixels on CPU, 2 threads``."""
        return how_computed(self.tile, self.device)


def how_computed(tile: int | None, device: str) -> str:
    """The way of computing in words; ``tile`` is a side in pixels, none or 0 for whole."""
    way = f"in tiles of {tile} pixels" if tile else "whole"
    return f"computed {way} on {device}"
