"""Collects what is wanted of an image's features: whole maps, and summaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from torch import Tensor

from neural_style.engine.network.layers import LAYERS
from neural_style.engine.network.passes import Passes, Window
from neural_style.engine.network.tiles.stages import Tiling
from neural_style.engine.network.tiles.vgg import TiledVgg
from neural_style.engine.network.vgg import Architecture, Vgg
from neural_style.engine.network.whole import WholeVgg
from neural_style.engine.objective.compact import Kept, KeptMap, as_it_is
from neural_style.engine.objective.left_out import Part
from neural_style.engine.objective.style_cache import Summaries
from neural_style.engine.share import WHOLE as ALONE
from neural_style.engine.share import Bands, Share, divided, totals
from neural_style.engine.terms.base import Summary


@dataclass(frozen=True)
class WeightedStyle:
    """A style image and its share.

    Attributes:
        image: normalised (1, 3, h, w).
        share: shares sum to one.
        left_out: see :class:`~neural_style.engine.task.StyleImage`; on the image's device.
    """

    image: Tensor
    share: float
    left_out: Tensor | None = None


@dataclass(frozen=True)
class Cut:
    """How pictures are divided into tiles, and among processes.

    Attributes:
        share: this process's; it is alone if there are no tiles.
    """

    tiling: Tiling | None
    check: Callable[[], None]
    share: Share = ALONE

    def bands(self, height: int) -> Bands:
        """The rows of a picture that each process computes: all of them if there are too few."""
        return divided(self.share, height)

    def passes(
        self,
        vgg: Vgg,
        architecture: Architecture,
        layers: Sequence[str],
        bands: Bands | None = None,
    ) -> Passes:
        """The network, whole or in tiles, which visits ``layers``.

        Args:
            bands: the rows of the pictures that this process has; None for whole pictures.
        """
        if self.tiling is None:
            return WholeVgg(vgg, architecture, layers)
        return TiledVgg(vgg, architecture, layers, self.tiling, self.check, bands)


class Maps:
    """Collects whole maps from their parts.

    Args:
        layers: those to collect; others are ignored.
        bands: of the image, whose own rows are collected.
        width: of the image.
        kept: converts each part to the type in which the map is kept.
    """

    def __init__(self, layers: Iterable[str], bands: Bands, width: int, kept: Kept) -> None:
        self._maps: dict[str, KeptMap] = {}
        for layer in layers:
            table = LAYERS[layer]
            _, of_map = table.size((0, width))
            rows = bands.halved(table.block - 1).own
            self._maps[layer] = KeptMap((len(rows), of_map), kept)

    def add(self, layer: str, features: Tensor, window: Window) -> None:
        """Take a part of the layer's map, (1, c, h, w)."""
        if layer in self._maps:
            self._maps[layer].put(features, window)

    def finished(self) -> dict[str, Tensor]:
        """The maps by layer, when all their parts were added."""
        return {
            layer: found.whole for layer, found in self._maps.items() if found.whole is not None
        }


class Sums:
    """Adds up the statistics of an image's parts.

    Args:
        measures: each once.
        part: which positions count.
    """

    def __init__(self, measures: Sequence[Summary], part: Part) -> None:
        self._measures = measures
        self._part = part
        self._sums: Summaries = {}

    def add(self, layer: str, features: Tensor, window: Window) -> None:
        """Count a part of the layer's map, (1, c, h, w)."""
        measures = [measure for measure in self._measures if measure.layer == layer]
        if measures:
            features = self._part.of(features, layer, window)
        for measure in measures:
            part, sums = measure.statistic(features), self._sums
            sums[measure] = sums[measure] + part if measure in sums else part

    def finished(self, share: Share) -> Summaries:
        """The summaries of the image, when all its parts were added in every process."""
        return {
            measure: measure.summary(total, self._part.elements(measure.layer))
            for measure, total in totals(share, self._sums).items()
        }


@dataclass(frozen=True)
class Wanted:
    """What is wanted of an image.

    Attributes:
        maps: the layers whose maps are wanted.
        measures: the summaries, each once.
        visited: other layers down to which the network runs.
    """

    maps: tuple[str, ...] = ()
    measures: tuple[Summary, ...] = ()
    visited: tuple[str, ...] = ()

    @property
    def layers(self) -> list[str]:
        """All layers that the pass visits, each once."""
        measured = (measure.layer for measure in self.measures)
        return list(dict.fromkeys((*self.maps, *measured, *self.visited)))


@dataclass(frozen=True)
class Seen:
    """What one pass has collected of an image: its maps by layer, and its summaries."""

    maps: dict[str, Tensor]
    summaries: Summaries


@dataclass(frozen=True)
class View:
    """How images of one kind are seen: by which network, and in which parts.

    Attributes:
        kept: converts maps that are collected to the type in which they are kept. Where several
            processes share an image, all must keep the same type, so that is the network's.
    """

    vgg: Vgg
    architecture: Architecture
    cut: Cut
    kept: Kept = as_it_is

    @property
    def is_whole(self) -> bool:
        """Whether images are not divided into tiles."""
        return self.cut.tiling is None

    def of(self, own: Tensor, wanted: Wanted, bands: Bands, left_out: Tensor | None = None) -> Seen:
        """One pass over an image; its maps are this process's rows, in the network's precision.

        Args:
            own: this process's rows of the image, normalised (1, 3, rows, w).
            bands: of the image's rows.
            left_out: does not count in the summaries; see :class:`WeightedStyle`.
        """
        width = own.shape[-1]
        kept = self.kept if bands.are_one else as_it_is
        maps = Maps(wanted.maps, bands, width, kept)
        sums = Sums(wanted.measures, Part(left_out, bands, width))

        def visit(layer: str, features: Tensor, window: Window) -> None:
            sums.add(layer, features, window)
            maps.add(layer, features, window)

        passes = self.cut.passes(self.vgg, self.architecture, wanted.layers, bands)
        passes.forward(own, visit, for_gradient=False)
        return Seen(maps.finished(), sums.finished(bands.share))

    def of_whole(self, image: Tensor, wanted: Wanted, left_out: Tensor | None = None) -> Seen:
        """The same for an image that every process has, normalised (1, 3, h, w): whole maps.

        Args:
            left_out: see :meth:`of`.
        """
        bands = self.cut.bands(image.shape[-2])
        seen = self.of(image[..., bands.own.slice, :], wanted, bands, left_out)
        maps = {layer: _whole_map(seen.maps[layer], layer, bands) for layer in wanted.maps}
        return Seen(maps, seen.summaries)


def _whole_map(own: Tensor, layer: str, bands: Bands) -> Tensor:
    of_map = bands.halved(LAYERS[layer].block - 1)
    return bands.share.complete(own, of_map.spans, of_map.everywhere())
