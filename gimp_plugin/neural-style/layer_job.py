"""One layer of a run: what is asked of the daemon, and the layer that gets the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from job_request import JobRequest
from neural_style_protocol.pixels import Picture
from neural_style_protocol.result_size import result_size
from result_layer import ResultLayer
from unfinished import UnfinishedRun


@dataclass
class LayerJob:
    """One layer to paint.

    Attributes:
        request: the request, or a run to follow.
        result: the layer.
        again: the request to paint it further; None if its inputs are gone.
        picture: the result of the last finished run.
        job: the name of the last run in the daemon.
    """

    request: JobRequest | UnfinishedRun
    result: ResultLayer
    again: JobRequest | None
    picture: Picture | None = None
    job: str = ""

    @property
    def can_continue(self) -> bool:
        """Whether the picture can be painted further."""
        return self.picture is not None and self.again is not None and self.result.exists

    @property
    def request_to_continue(self) -> JobRequest | None:
        """The request that goes on from the picture; None if there is none."""
        if self.again is None or self.picture is None:
            return None
        return self.again.continued_from(self.picture)

    def request_after(self, before: Sequence[LayerJob]) -> JobRequest | UnfinishedRun:
        """The request. A frame comes after the last one ``before`` that was painted."""
        last = next((each.job for each in reversed(before) if each.picture is not None), "")
        return self.request.after(last) if isinstance(self.request, JobRequest) else self.request

    def is_too_coarse(self, size: tuple[int, int]) -> bool:
        """Whether a picture computed at ``size`` must not replace the one that was there before."""
        request = self.request
        if not (self.result.has_before and isinstance(request, JobRequest)):
            return False
        finest = result_size(request.settings, request.content.width, request.content.height)
        return max(size) < max(finest)

    def draw_again(self) -> None:
        """Draw the last finished picture, in place of what came after it."""
        if self.picture is not None and self.result.exists:
            self.result.draw(self.picture, final=True)
