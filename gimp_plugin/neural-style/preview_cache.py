"""What the preview has painted before, and mixtures of it for strengths in between."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from job_request import JobRequest
    from neural_style_protocol.pixels import Picture
    from preview_requests import Painted

MOST_BYTES = 64 << 20
"""Bytes of all pictures together; those not seen for longest go first."""


@dataclass(frozen=True)
class Blend:
    """A mixture of two painted pictures of the same part: ``share`` of the second, from 0 to 1."""

    first: Painted
    second: Painted
    share: float

    def changed(self, change: Callable[[Picture], Picture]) -> Blend:
        """The same with changed pictures."""
        return Blend(self.first.changed(change), self.second.changed(change), self.share)


class PreviewCache:
    """Painted pictures by their requests."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: dict[JobRequest, Painted] = {}

    def put(self, request: JobRequest, painted: Painted) -> None:
        """Keep the finished picture of ``request``."""
        self._kept.pop(request, None)
        self._kept[request] = painted
        while sum(len(it.picture.data) for it in self._kept.values()) > self._most_bytes:
            del self._kept[next(iter(self._kept))]

    def get(self, request: JobRequest) -> Painted | None:
        """The finished picture of ``request``; None if it is not here."""
        if request in self._kept:
            self._kept[request] = self._kept.pop(request)  # moves it to the end
        return self._kept.get(request)

    def blend(self, request: JobRequest) -> Blend | None:
        """A mixture of the pictures at the next lower and the next higher strength, if there are.

        The other settings are the same.
        """
        strength, like = request.settings.strength, _without_strength(request)
        found = {
            other.settings.strength: painted
            for other, painted in self._kept.items()
            if _without_strength(other) == like
        }
        lower = max((it for it in found if it < strength), default=None)
        higher = min((it for it in found if it > strength), default=None)
        if lower is None or higher is None:
            return None
        return Blend(found[lower], found[higher], (strength - lower) / (higher - lower))


def _without_strength(request: JobRequest) -> JobRequest:
    settings = dataclasses.replace(request.settings, strength=0.0)
    return dataclasses.replace(request, settings=settings)
