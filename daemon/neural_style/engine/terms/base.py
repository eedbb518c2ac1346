"""What a term of the objective is.

A recipe lists terms; nothing else names them. There are two kinds. A *feature term* compares one
feature layer of the picture with the content image's, or with the style images'. A *pixel term*
looks at the picture's own values.

Each has one formula, for pictures computed whole and in tiles alike: what it sums over positions
is summed over the parts of the picture.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeAlias

from torch import Tensor

from neural_style.engine.network.layers import LAYERS


@dataclass(frozen=True)
class FeatureTerm(ABC):
    """A loss at one feature layer: a :class:`MapTerm` or a :class:`SummaryTerm`.

    Features are (1, c, h, w) of any floating type, those of a part of the layer's map. Statistics
    and losses are float32, or the features' type where that is wider.

    Attributes:
        layer: a name from :data:`~neural_style.engine.network.layers.LAYERS`.
        weight: of the loss in the objective.
        relative: whether the loss is divided by the mean square of its target, so that weights
            mean the same for any pair of pictures.
    """

    layer: str
    weight: float
    relative: bool = False

    name: ClassVar[str]
    """Under which the loss is shown. Terms of one name are shown as their sum."""

    @property
    def values_kept(self) -> float:
        """Values for each position of the layer's map that the target takes up."""
        return 0.0


@dataclass(frozen=True)
class MapTerm(FeatureTerm):
    """A loss that compares each position with the content image's.

    The target is the content image's map of the layer; each part is compared with its own part.
    """

    @abstractmethod
    def statistic(self, features: Tensor, target: Tensor) -> Tensor:
        """What the loss needs to know of some features. Those of all parts are summed.

        Args:
            target: the content image's features at the same positions.
        """

    @abstractmethod
    def value_and_pull(self, total: Tensor, elements: int) -> tuple[Tensor, Any]:
        """The weighted loss, and what :meth:`gradient_at` needs of the whole picture.

        Args:
            total: the sum of all parts' statistics.
            elements: c·h·w of the whole map.

        Returns:
            a scalar on the device of the features, and any object. Neither waits for the device.
        """

    @abstractmethod
    def gradient_at(
        self, features: Tensor, target: Tensor, pull: Any, passed: Tensor | None
    ) -> Tensor:
        """The loss's gradient at some features, of their shape and type.

        Args:
            target: as in :meth:`statistic`.
            pull: from :meth:`value_and_pull`.
            passed: another gradient there, to be added; it may be changed.
        """

    @property
    def values_kept(self) -> float:
        """The content image's map."""
        return float(LAYERS[self.layer].channels)


@dataclass(frozen=True)
class SummaryTerm(FeatureTerm):
    """A loss that compares a summary of all positions with the styles'.

    The target is the mean of the style images' summaries, weighted by their shares.
    """

    @abstractmethod
    def statistic(self, features: Tensor) -> Tensor:
        """What the loss needs to know of some features. Those of all parts are summed."""

    def summary(self, total: Tensor, elements: int) -> Tensor:
        """What is compared: here, the sum as a mean over the map's ``elements``, c·h·w."""
        return total / elements

    @abstractmethod
    def value_and_pull(self, seen: Tensor, target: Tensor, elements: int) -> tuple[Tensor, Any]:
        """The weighted loss, and what :meth:`gradient_at` needs of the whole picture.

        Args:
            seen, target: the summary of the picture, and that of the styles.
            elements: c·h·w of the whole map.

        Returns:
            a scalar on the device of the features, and any object. Neither waits for the device.
        """

    @abstractmethod
    def gradient_at(self, features: Tensor, pull: Any, passed: Tensor | None) -> Tensor:
        """The loss's gradient at some features, of their shape and type.

        Args:
            pull: from :meth:`value_and_pull`.
            passed: another gradient there, to be added; it may be changed.
        """

    @property
    def unweighted(self) -> SummaryTerm:
        """What it measures, whatever that is worth: the same for all weights."""
        return replace(self, weight=1.0, relative=False)


@dataclass(frozen=True)
class PixelTerm(ABC):
    """A loss of the picture's values, which is a sum over rows.

    Attributes:
        weight: of the loss in the objective.
    """

    weight: float

    name: ClassVar[str]

    @abstractmethod
    def part(self, rows: Tensor, own: int, height: int) -> Tensor:
        """The unweighted share of the first ``own`` of some rows in the loss, for autograd.

        Args:
            rows: (1, 3, own or own + 1, w): with the row below, if there is one.
            height: of the whole picture.
        """


Term: TypeAlias = FeatureTerm | PixelTerm
Terms: TypeAlias = Sequence[Term]


def names_of(terms: Terms) -> tuple[str, ...]:
    """The names under which losses are shown, each once, in order."""
    return tuple(dict.fromkeys(term.name for term in terms if term.weight))


def values_kept(terms: Terms) -> float:
    """Values for each pixel of the picture that the terms' targets take up, at one scale."""
    features = (term for term in terms if isinstance(term, FeatureTerm))
    return sum(term.values_kept * LAYERS[term.layer].positions_per_pixel for term in features)


def scaled(terms: Terms, factors: Mapping[str, float]) -> tuple[Term, ...]:
    """The terms with their weights multiplied by the factor of their name, if it has one."""
    return tuple(replace(term, weight=term.weight * factors.get(term.name, 1.0)) for term in terms)
