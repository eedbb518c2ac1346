"""Feature terms with their targets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

from torch import Tensor

from neural_style.engine.network.passes import Window
from neural_style.engine.objective.targets import Target
from neural_style.engine.terms.base import FeatureTerm, MapTerm, SummaryTerm


class Comparison(Protocol):
    """One loss at one layer. Features cover a window of the layer's map."""

    @property
    def term(self) -> FeatureTerm:
        """What is compared, and at which layer."""

    def statistic(self, features: Tensor, window: Window) -> Tensor:
        """The statistic, which is summed over the windows."""

    def value_and_pull(self, total: Tensor, elements: int) -> tuple[Tensor, Any]:
        """The weighted loss, and what the gradient needs to know about the whole picture."""

    def gradient_at(
        self, features: Tensor, window: Window, pull: Any, upstream: Tensor | None
    ) -> Tensor:
        """The loss's gradient plus ``upstream``, which may be modified."""

    def scaled(self, factor: float) -> Comparison:
        """The same with the loss and its gradient multiplied by ``factor``."""


@dataclass(frozen=True)
class MapComparison:
    """A term with the map to compare with."""

    term: MapTerm
    target: Target

    def statistic(self, features: Tensor, window: Window) -> Tensor:
        return self.term.statistic(features, self.target.at(window, features.dtype))

    def value_and_pull(self, total: Tensor, elements: int) -> tuple[Tensor, Any]:
        return self.term.value_and_pull(total, elements)

    def gradient_at(
        self, features: Tensor, window: Window, pull: Any, upstream: Tensor | None
    ) -> Tensor:
        target = self.target.at(window, features.dtype)
        return self.term.gradient_at(features, target, pull, upstream)

    def scaled(self, factor: float) -> MapComparison:
        term = replace(self.term, weight=self.term.weight * factor)
        return replace(self, term=term)


@dataclass(frozen=True)
class SummaryComparison:
    """A term with the styles' summary."""

    term: SummaryTerm
    target: Tensor

    def statistic(self, features: Tensor, window: Window) -> Tensor:
        return self.term.statistic(features)

    def value_and_pull(self, total: Tensor, elements: int) -> tuple[Tensor, Any]:
        seen = self.term.summary(total, elements)
        return self.term.value_and_pull(seen, self.target, elements)

    def gradient_at(
        self, features: Tensor, window: Window, pull: Any, upstream: Tensor | None
    ) -> Tensor:
        return self.term.gradient_at(features, pull, upstream)

    def scaled(self, factor: float) -> SummaryComparison:
        term = replace(self.term, weight=self.term.weight * factor)
        return replace(self, term=term)
