"""What a picture will take: the question before a job is sent, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neural_style_protocol._message import JOB_NAME, MAX_COUNT, Message
from neural_style_protocol._reader import Reader
from neural_style_protocol.pixels import MAX_SIDE, PictureSpec

FEATURE = "estimate"
MOST_BYTES = 2**53


@dataclass(frozen=True)
class AskEstimate(Message):
    """Ask what a content image of ``width`` × ``height`` pixels takes with ``settings``."""

    kind = "ask-estimate"
    ticket: str
    settings: Mapping[str, object]
    width: int
    height: int

    def header(self) -> dict[str, Any]:
        return {
            "ticket": self.ticket,
            "settings": dict(self.settings),
            "width": self.width,
            "height": self.height,
        }

    @classmethod
    def read(cls, reader: Reader) -> AskEstimate:
        width = reader.integer("width", 0, 100 * MAX_SIDE)
        height = reader.integer("height", 0, 100 * MAX_SIDE)
        PictureSpec(width, height, 3)  # refuses what no job may have either
        return cls(
            ticket=reader.text("ticket", longest=JOB_NAME),
            settings=reader.mapping("settings"),
            width=width,
            height=height,
        )


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
    """

    kind = "estimate"
    ticket: str
    width: int
    height: int
    device: str
    tile: int
    evaluations: int
    seconds: float | None
    peak_bytes: int
    free_bytes: int

    @property
    def how(self) -> str:
        """In words: ``computed in tiles of 704 pixels on CPU, 2 threads``."""
        return how_computed(self.tile, self.device)

    @classmethod
    def read(cls, reader: Reader) -> Estimate:
        return cls(
            ticket=reader.text("ticket", longest=JOB_NAME),
            width=reader.integer("width", 0, MAX_COUNT),
            height=reader.integer("height", 0, MAX_COUNT),
            device=reader.text("device", longest=200),
            tile=reader.integer("tile", 0, MAX_SIDE),
            evaluations=reader.integer("evaluations", 0, MAX_COUNT),
            seconds=reader.optional_number("seconds"),
            peak_bytes=reader.integer("peak_bytes", 0, MOST_BYTES),
            free_bytes=reader.integer("free_bytes", 0, MOST_BYTES),
        )


def how_computed(tile: int | None, device: str) -> str:
    """The way of computing in words; ``tile`` is a side in pixels, none or 0 for whole."""
    way = f"in tiles of {tile} pixels" if tile else "whole"
    return f"computed {way} on {device}"
