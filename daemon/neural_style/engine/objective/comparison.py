"""A feature term with its target: what the objective computes at a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from neural_style.engine.network.passes import Window
from neural_style.engine.terms.base import MapTerm, SummaryTerm


class Comparison(Protocol):
    """One loss at one layer. Features are those in a window of the layer's map."""

    @property
    def name(self) -> str:
        """Under which the loss is shown."""

    @property
    def layer(self) -> str:
        """Where."""

    def statistic(self, features: Tensor, window: Window) -> Tensor:
        """What is summed over the windows."""

    def value_and_pull(self, total: Tensor, elements: int) -> tuple[Tensor, Any]:
        """From the sum: the weighted loss, and what the gradient needs of the whole picture."""

    def gradient_at(
        self, features: Tensor, window: Window, pull: Any, passed: Tensor | None
    ) -> Tensor:
        """The loss's gradient; ``passed`` is added to it, and may be changed."""


@dataclass(frozen=True)
class WithMap:
    """A term and the content image's map."""

    term: MapTerm
    target: Tensor

    @property
    def name(self) -> str:
        return self.term.name

    @property
    def layer(self) -> str:
        return self.term.layer

    def statistic(self, features: Tensor, window: Window) -> Tensor:
        return self.term.statistic(features, self.target[window])

    def value_and_pull(self, total: Tensor, elements: int) -> tuple[Tensor, Any]:
        return self.term.value_and_pull(total, elements)

    def gradient_at(
        self, features: Tensor, window: Window, pull: Any, passed: Tensor | None
    ) -> Tensor:
        return self.term.gradient_at(features, self.target[window], pull, passed)


@dataclass(frozen=True)
class WithSummary:
    """A term and the styles' summary."""

    term: SummaryTerm
    target: Tensor

    @property
    def name(self) -> str:
        return self.term.name

    @property
    def layer(self) -> str:
        return self.term.layer

    def statistic(self, features: Tensor, window: Window) -> Tensor:
        return self.term.statistic(features)

    def value_and_pull(self, total: Tensor, elements: int) -> tuple[Tensor, Any]:
        seen = self.term.summary(total, elements)
        return self.term.value_and_pull(seen, self.target, elements)

    def gradient_at(
        self, features: Tensor, window: Window, pull: Any, passed: Tensor | None
    ) -> Tensor:
        return self.term.gradient_at(features, pull, passed)
