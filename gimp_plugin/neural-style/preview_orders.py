"""What is painted for the preview: the whole source small, or a part of it as in the whole."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from gi.repository import Gimp, Gio

import arguments
import preview_part
import source as sources
import style_image
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import SCHEMA
from order import Order
from preview_part import Part
from source import Source
from style_image import StyleImage

PAINTED_SIDE = 448
"""Longest side of what is painted, about as it is shown: *draft* comes to this size at its end, so
that the first picture is there within a second without a GPU, and a sharp one soon after."""

PART_SIDE = 256
"""A part is painted with at least so many pixels a side, or all that there are."""

THE_LAYERS_OWN = frozenset(("preset", "size", "iterations"))
"""Settings that the preview does not follow."""

STYLE_SIDE, PART_STYLE_SIDE = 512, 1400


@dataclass(frozen=True)
class Painted:
    """A painted picture, and the part of the source that it shows."""

    picture: Picture
    part: Part


@dataclass(frozen=True)
class PartOrder:
    """What is asked for to see ``part``; the layer's strokes are ``strokes`` times as large."""

    order: Order
    part: Part
    strokes: float


class PreviewOrders:
    """Makes orders from what ``config`` holds now; pixels that stay the same are read once."""

    def __init__(self, config: Gimp.ProcedureConfig, source: Source) -> None:
        self._config = config
        self._source = source
        self._whole = Part(0, 0, source.width, source.height)
        self._content = sources.reduced(source, PAINTED_SIDE)
        self._styles: dict[tuple[str, int], StyleImage] = {}

    @property
    def has_style(self) -> bool:
        return self._file is not None or self._layer is not None

    @property
    def wish(self) -> tuple[object, ...]:
        """The same as long as nothing is chosen that changes the preview."""
        names = (setting.option for setting in SCHEMA if setting.name not in THE_LAYERS_OWN)
        chosen = [self._config.get_property(name) for name in names]
        file = self._file.get_uri() if self._file is not None else ""
        return (*chosen, file, self._layer.get_id() if self._layer is not None else 0)

    def of_whole(self) -> Order:
        """The whole source, small.

        Raises:
            NeuralStyleError: the style image cannot be read, or a setting is out of range.
        """
        settings = arguments.settings_of(self._config)
        small = dataclasses.replace(settings, preset="draft", size=PAINTED_SIDE, iterations=0)
        return Order(self._content, self._style(STYLE_SIDE).picture, small)

    def of_part(self, seen: Part, scale: float) -> PartOrder:
        """What it takes to see ``seen`` as it will be.

        ``scale`` is how large the whole picture is computed, relative to the source.

        Raises:
            NeuralStyleError: as above.
        """
        settings = arguments.settings_of(self._config)
        part = preview_part.painted_for(seen, scale, PART_SIDE, self._whole)
        content = sources.part(self._source, part, scale)
        like_whole = dataclasses.replace(
            settings,
            preset="draft",
            size=max(content.width, content.height),
            iterations=0,
            style_scale=preview_part.style_scale_for(part, self._whole, settings.style_scale),
            tileable=False,  # the edges of a part are not the picture's
        )
        style = self._style(PART_STYLE_SIDE)
        sent = (style.picture.width * style.picture.height) ** 0.5
        strokes = preview_part.strokes_in_layer(
            *(part, self._whole, scale, settings.style_scale),
            styles=(sent * style.own_size, sent),
        )
        return PartOrder(Order(content, style.picture, like_whole), part, strokes)

    @property
    def _file(self) -> Gio.File | None:
        file: Gio.File | None = self._config.get_property(arguments.STYLE)
        return file

    @property
    def _layer(self) -> Gimp.Layer | None:
        layer: Gimp.Layer | None = self._config.get_property(arguments.STYLE_LAYER)
        return layer

    def _style(self, side: int) -> StyleImage:
        if self._layer is not None:  # it may have changed since the last time
            return style_image.read(None, self._layer, longest_side=side)
        file = self._file
        key = (file.get_uri() if file is not None else "", side)
        if key not in self._styles:
            self._styles[key] = style_image.read(file, None, longest_side=side)
        return self._styles[key]
