"""The part of the free memory that one of several processes may use."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Shares:
    """How many processes share the processor's memory, and how many that of the graphics card.

    Each plans for its part of what is free, so that they do not all plan for the same bytes.
    """

    processor: int = 1
    card: int = 1

    def of(self, free: int, device: torch.device) -> int:
        """The part of ``free`` bytes on ``device`` that is this process's own."""
        return free // (self.processor if device.type == "cpu" else self.card)


ALONE = Shares()
