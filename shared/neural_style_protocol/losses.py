"""The losses of a picture, by the names of the engine's terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, TypeAlias

from neural_style_protocol.fields import FieldType, Numbers

TOTAL = "total"
MAX_LOSSES = 32
"""Most names in one message, including the total's."""


@dataclass(frozen=True)
class Losses:
    """The weighted terms of the objective at one iterate, by name, and their sum."""

    terms: Mapping[str, float] = field(default_factory=dict)
    total: float = 0.0

    @property
    def by_name(self) -> dict[str, float]:
        """The terms, followed by the total."""
        return {**self.terms, TOTAL: self.total}


@dataclass(frozen=True)
class LossesType(FieldType):
    """A map from the terms' names and ``total`` to finite numbers; a missing total is 0."""

    missing: ClassVar[object] = {}

    def read(self, value: object, where: str) -> Losses:
        numbers = Numbers(MAX_LOSSES).read(value, where)
        terms = {name: number for name, number in numbers.items() if name != TOTAL}
        return Losses(terms, numbers.get(TOTAL, 0.0))

    def plain(self, value: Losses) -> dict[str, float]:
        return value.by_name


LossesField: TypeAlias = Annotated[Losses, LossesType()]
