"""The requests of the preview: the whole source at a small size, or a part of it at 100 %."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from gi.repository import Gimp, Gio

import arguments
import preview_part
import source as sources
import style_image
from job_request import JobRequest
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import SCHEMA
from preview_part import Part
from source import Source
from style_image import StyleImage

PAINTED_SIDE = 448
"""Longest side of a painted preview, about as large as it is shown. *draft* reaches this size in
its last scale, so that even without a GPU a first picture is there within a second."""

PART_SIDE = 256
"""The smallest side of a painted part in pixels, unless the source is smaller."""

IGNORED_SETTINGS = frozenset(("preset", "size", "iterations"))
"""Settings that do not affect the preview."""

STYLE_SIDE, PART_STYLE_SIDE = 512, 1400


@dataclass(frozen=True)
class Painted:
    """A painted picture, and the part of the source that it shows."""

    picture: Picture
    part: Part


@dataclass(frozen=True)
class PartRequest:
    """The request for ``part``; the layer's strokes will be ``strokes`` times as large."""

    order: JobRequest
    part: Part
    strokes: float


class PreviewRequests:
    """Makes requests from the current ``config``; pixels that do not change are read once."""

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
    def key(self) -> tuple[object, ...]:
        """A value that changes when a setting changes that affects the preview."""
        names = (setting.option for setting in SCHEMA if setting.name not in IGNORED_SETTINGS)
        chosen = [self._config.get_property(name) for name in names]
        file = self._file.get_uri() if self._file is not None else ""
        return (*chosen, file, self._layer.get_id() if self._layer is not None else 0)

    def of_whole(self) -> JobRequest:
        """The request for the whole source at a small size.

        Raises:
            NeuralStyleError: the style image cannot be read, or a setting is out of range.
        """
        settings = arguments.settings_of(self._config)
        small = dataclasses.replace(settings, preset="draft", size=PAINTED_SIDE, iterations=0)
        return JobRequest(self._content, self._style(STYLE_SIDE).picture, small)

    def of_part(self, visible: Part, scale: float) -> PartRequest:
        """The request for a part that includes ``visible``, with strokes as in the whole picture.

        ``scale`` is the size at which the whole picture is computed, relative to the source.

        Raises:
            NeuralStyleError: as above.
        """
        settings = arguments.settings_of(self._config)
        part = preview_part.part_to_paint(visible, scale, PART_SIDE, self._whole)
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
            styles=(sent * style.full_scale, sent),
        )
        return PartRequest(JobRequest(content, style.picture, like_whole), part, strokes)

    @property
    def _file(self) -> Gio.File | None:
        file: Gio.File | None = self._config.get_property(arguments.STYLE)
        return file

    @property
    def _layer(self) -> Gimp.Layer | None:
        layer: Gimp.Layer | None = self._config.get_property(arguments.STYLE_LAYER)
        return layer

    def _style(self, side: int) -> StyleImage:
        if self._layer is not None:  # it may have changed
            return style_image.read(None, self._layer, longest_side=side)
        file = self._file
        key = (file.get_uri() if file is not None else "", side)
        if key not in self._styles:
            self._styles[key] = style_image.read(file, None, longest_side=side)
        return self._styles[key]
