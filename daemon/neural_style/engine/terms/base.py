"""The terms of the objective: their protocol.

There are two kinds. A *feature term* compares one feature layer of the picture with the content
image or with the style images. A *pixel term* uses the picture's own values. A *summary* says
something of all positions of a layer at once.

Each term has one formula, for whole pictures and for tiles: its sums over positions are added up
over the parts of the picture.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, TypeAlias

from torch import Tensor

from neural_style.engine.network.layers import LAYERS
from neural_style.engine.share import Bands, Span

ROWS_BELOW = 2
"""A pixel term's loss of a row may look at so many rows below it."""

SEARCH_PIXELS = 1 << 16
"""Larger pictures are searched for matching places at this size: each position is compared with
every place of the style, so the cost grows with the square."""

LEAST_SQUARE = 1e-12
"""The least square of a target that a weight is divided by."""


class Summary(Hashable, Protocol):
    """What is computed of a layer's features at all positions, from sums over its parts."""

    @property
    def layer(self) -> str:
        """A name from :data:`~neural_style.engine.network.layers.LAYERS`."""

    def statistic(self, features: Tensor) -> Tensor:
        """A statistic of some features, (1, c, h, w), which is summed over all parts."""

    def summary(self, total: Tensor, elements: int) -> Tensor:
        """The summary, from the sum of all parts' statistics and c·h·w of the whole map."""


@dataclass(frozen=True)
class FeatureTerm(ABC):
    """A loss at one feature layer: a :class:`MapTerm` or a :class:`SummaryTerm`.

    Features are (1, c, h, w) of any floating type and cover a part of the layer's map. Statistics
    and losses are float32, or the features' type if that is wider.

    Attributes:
        layer: a name from :data:`~neural_style.engine.network.layers.LAYERS`.
        weight: the loss's weight in the objective.
        relative: whether the loss is divided by the mean square of its target. A weight then means
            the same for any pair of pictures.
    """

    layer: str
    weight: float
    relative: bool = False

    name: ClassVar[str]
    """The name of the loss. Losses of terms with the same name are added up."""

    @property
    def values_kept(self) -> float:
        """Size of the target, in values per position of the layer's map."""
        return 0.0


@dataclass(frozen=True)
class Rows:
    """Some rows of a layer's map, which is (height, width) in ``size``."""

    size: tuple[int, int]
    span: Span


@dataclass(frozen=True)
class Guides:
    """What a map term is told of content and styles, for some rows of its layer's map.

    Attributes:
        of_content, of_styles: the summaries by :attr:`MapTerm.guide`, if there is one; the styles'
            is the mean, weighted by share.
        matched: the styles' features at the places that look most like each position of the
            content, if :attr:`MapTerm.needs_matches`; perhaps in a narrower type than the features,
            and the mean over styles, weighted by share.
        place: of these rows; None if they are all.
    """

    of_content: Tensor | None = None
    of_styles: Tensor | None = None
    matched: Tensor | None = None
    place: Rows | None = None


@dataclass(frozen=True)
class MapTerm(FeatureTerm):
    """A loss that compares the picture with a map at each position.

    The map is made of the content image's features; a term may change them to fit the styles, or
    take the styles' own.
    """

    needs_matches: ClassVar[bool] = False
    """Whether :meth:`target` needs the styles' features at matching places."""

    @property
    def needs_content(self) -> bool:
        """Whether :meth:`target` needs the content image's features.

        If not, it is the matching features themselves, which may be looked up in the styles' maps
        instead of being kept.
        """
        return True

    @property
    def guide(self) -> Summary | None:
        """The summary of content and styles that :meth:`target` needs, if any."""
        return None

    def target(self, features: Tensor, guides: Guides) -> Tensor:
        """The map to compare with: as many rows of it as there are in ``features``.

        Args:
            features: rows of the content image's map of the layer; do not modify them. It is empty
                unless :attr:`needs_content`; then all rows are wanted.
            guides: what the term asked for.
        """
        return features

    @abstractmethod
    def statistic(self, features: Tensor, target: Tensor) -> Tensor:
        """A statistic of some features, which is summed over all parts of the picture.

        Args:
            target: the map to compare with, at the same positions.
        """

    @abstractmethod
    def value_and_pull(self, total: Tensor, elements: int) -> tuple[Tensor, Any]:
        """The weighted loss, and what :meth:`gradient_at` needs to know about the whole picture.

        Args:
            total: the sum of all parts' statistics.
            elements: c·h·w of the whole map.

        Returns:
            A scalar on the features' device, and any object. Computing them must not wait for the
            device.
        """

    @abstractmethod
    def gradient_at(
        self, features: Tensor, target: Tensor, pull: Any, upstream: Tensor | None
    ) -> Tensor:
        """The weighted loss's gradient at some features, of their shape and type.

        Args:
            target: as in :meth:`statistic`.
            pull: from :meth:`value_and_pull`.
            upstream: another gradient at these features, to be added; it may be modified.
        """

    @property
    def values_kept(self) -> float:
        """The whole map is kept."""
        return float(LAYERS[self.layer].channels)


@dataclass(frozen=True)
class SummaryTerm(FeatureTerm):
    """A loss that compares a summary of all positions with that of the style images.

    The target is the mean of the style images' summaries, weighted by their shares.
    """

    @abstractmethod
    def statistic(self, features: Tensor) -> Tensor:
        """A statistic of some features, which is summed over all parts of the picture."""

    def summary(self, total: Tensor, elements: int) -> Tensor:
        """The summary that is compared: by default ``total`` / ``elements``, which is c·h·w."""
        return total / elements

    @abstractmethod
    def value_and_pull(self, seen: Tensor, target: Tensor, elements: int) -> tuple[Tensor, Any]:
        """The weighted loss, and what :meth:`gradient_at` needs to know about the whole picture.

        Args:
            seen, target: the summaries of the picture and of the styles.
            elements: c·h·w of the whole map.

        Returns:
            A scalar on the features' device, and any object. Computing them must not wait for the
            device.
        """

    @abstractmethod
    def gradient_at(self, features: Tensor, pull: Any, upstream: Tensor | None) -> Tensor:
        """The weighted loss's gradient at some features, of their shape and type.

        Args:
            pull: from :meth:`value_and_pull`.
            upstream: another gradient at these features, to be added; it may be modified.
        """

    @property
    def unweighted(self) -> SummaryTerm:
        """The term with weight 1; terms that differ only in weight have the same summary."""
        return replace(self, weight=1.0, relative=False)


@dataclass(frozen=True)
class PixelTerm(ABC):
    """A loss of the picture's values; it is a sum over rows, each with the rows below it.

    Attributes:
        weight: the loss's weight in the objective.
    """

    weight: float

    name: ClassVar[str]

    @property
    def bytes_kept(self) -> int:
        """Size of the pictures that it keeps, in bytes per pixel."""
        return 0

    def fitted_to(
        self,
        content: Tensor,
        styles: Sequence[tuple[Tensor, float]],
        bands: Bands | None = None,
    ) -> PixelTerm:
        """The term for pictures like ``content``; the same term if it needs nothing of them.

        Args:
            content: normalised (1, 3, h, w).
            styles: the style images, normalised (1, 3, h, w), and their shares.
            bands: the rows of the picture that ``content`` has; None for all of them.
        """
        return self

    @abstractmethod
    def part(self, rows: Tensor, own: int, top: int, height: int) -> Tensor:
        """The unweighted loss of the first ``own`` of ``rows``, for autograd.

        Args:
            rows: (1, 3, own to own + ROWS_BELOW, w): the rows, and those below them that there
                are.
            top: index of the first row in the whole picture.
            height: of the whole picture.
        """


Term: TypeAlias = FeatureTerm | PixelTerm
Terms: TypeAlias = Sequence[Term]


def names_of(terms: Terms) -> tuple[str, ...]:
    """The names of the losses with a weight, each once, in order."""
    return tuple(dict.fromkeys(term.name for term in terms if term.weight))


def values_kept(terms: Terms) -> float:
    """Size of the terms' targets at one scale, in values of the network per pixel of the picture.

    Those of pixel terms are counted as if the network's values had two bytes, the fewest that there
    are.
    """
    features = (term for term in terms if isinstance(term, FeatureTerm))
    pixels = (term for term in terms if isinstance(term, PixelTerm))
    of_maps = sum(term.values_kept * LAYERS[term.layer].positions_per_pixel for term in features)
    return of_maps + sum(term.bytes_kept / 2 for term in pixels)


def values_looked_up(terms: Terms) -> float:
    """How many of :func:`values_kept` may be looked up in the styles' maps, per pixel.

    For each pixel of the styles as many are kept in their place.
    """
    return sum(
        term.values_kept * LAYERS[term.layer].positions_per_pixel
        for term in terms
        if isinstance(term, MapTerm) and not term.needs_content
    )


def scaled(terms: Terms, factors: Mapping[str, float]) -> tuple[Term, ...]:
    """The terms, their weights multiplied by the factor for their name, if there is one."""
    return tuple(replace(term, weight=term.weight * factors.get(term.name, 1.0)) for term in terms)
