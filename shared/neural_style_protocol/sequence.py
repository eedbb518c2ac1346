"""Jobs that are the frames of one video, or of one animation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from neural_style_protocol.client_messages import DEFAULT_COHERENCE, Submit

FEATURE = "sequence"
"""Of a daemon that paints frames after one another."""


@dataclass(frozen=True)
class Frame:
    """The place of a job among frames.

    Attributes:
        follows: the job of the frame before it; empty for the first frame of a shot.
        coherence: how near it stays to the frames before, from 0 to 100.
    """

    follows: str = ""
    coherence: float = DEFAULT_COHERENCE

    def placed(self, submit: Submit) -> Submit:
        """``submit`` with this place."""
        return replace(submit, frame=True, follows=self.follows, coherence=self.coherence)
