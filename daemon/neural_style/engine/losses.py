"""The losses at one iterate, by the names of their terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Losses:
    """The weighted losses; their sum is minimised.

    Attributes:
        terms: the losses by name, in the recipe's order.
    """

    terms: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The value of the objective."""
        return sum(self.terms.values())
