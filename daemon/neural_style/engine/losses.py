"""The losses at one iterate, by the names of the terms that they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Losses:
    """The weighted losses; their sum is what is minimised.

    Attributes:
        terms: by name, in the recipe's order.
    """

    terms: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """What is minimised."""
        return sum(self.terms.values())
