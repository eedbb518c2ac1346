"""The requests of the preview: the whole source at a small size, or a part of it at 100 %."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gi.repository import Gimp, Gio

import arguments
import preview_part
import source as sources
import style_image
from chosen_styles import ChosenStyles
from image_title import title_of
from job_request import JobRequest
from neural_style_protocol.pixels import Picture
from neural_style_protocol.result_size import preview_size
from neural_style_protocol.settings import SCHEMA, Settings
from preview_part import Part
from source import Source
from style_image import StyleImage
from style_mix import Region

PAINTED_SIDE = 640
"""Longest side of a painted preview. It is one of the sizes of the layer's own run, so that it is
between half of this and this."""

PART_SIDE = 256
"""The smallest side of a painted part in pixels, unless the source is smaller."""

STYLE_SIDE, PART_STYLE_SIDE = 640, 1400


EXACT_PRESETS = {"standard": ("standard",), "high": ("standard",)}
"""For a preset, those with whose steps a preview is painted after the quick one."""


@dataclass(frozen=True)
class Painted:
    """A painted picture, and the part of the source that it shows."""

    picture: Picture
    part: Part

    def changed(self, change: Callable[[Picture], Picture]) -> Painted:
        """The same with a changed picture."""
        return dataclasses.replace(self, picture=change(self.picture))


@dataclass(frozen=True)
class PreviewRequest:
    """The request for ``part``; the layer's strokes will be ``strokes`` times as large.

    The layer's own run comes by the picture of an *exact* one, or close to it.
    """

    order: JobRequest
    part: Part
    kind: Literal["quick", "exact", "part"]
    strokes: float = 1.0


class PreviewRequests:
    """Makes requests from the current ``config``; pixels that do not change are read once."""

    def __init__(self, config: Gimp.ProcedureConfig, source: Source) -> None:
        self._config = config
        self._source = source
        self._whole = Part(0, 0, source.width, source.height)
        self._contents: dict[tuple[int, int], Picture] = {}
        self._styles: dict[tuple[str, Region | None, int], StyleImage] = {}

    @property
    def has_style(self) -> bool:
        return self._file is not None or self._layer is not None

    @property
    def key(self) -> tuple[object, ...]:
        """A value that changes when a setting changes that affects the preview."""
        chosen = [self._config.get_property(setting.option) for setting in SCHEMA]
        file = self._file.get_uri() if self._file is not None else ""
        layer = self._layer.get_id() if self._layer is not None else 0
        return (*chosen, file, layer, self._config.get_property(arguments.MIX))

    def of_whole(self) -> list[PreviewRequest]:
        """The requests for the whole source at a small size: a quick one, then an exact one.

        The sizes are those of the layer's own run, and so are the steps of the exact one. It ends
        where the run goes on to larger sizes.

        Raises:
            NeuralStyleError: the style image cannot be read, or a setting is out of range.
        """
        settings = arguments.settings_of(self._config)
        size = preview_size(settings, self._source.width, self._source.height, PAINTED_SIDE)
        quick = dataclasses.replace(settings, preset="draft", size=max(size), iterations=0)
        presets = EXACT_PRESETS.get(settings.preset, ())
        exact = [dataclasses.replace(settings, preset=it, size=max(size)) for it in presets]
        images = self._images(STYLE_SIDE)
        return [
            PreviewRequest(
                self._order(self._content(size), images, it),
                self._whole,
                "quick" if it == quick else "exact",
            )
            for it in (quick, *exact)
        ]

    def of_part(self, visible: Part, scale: float) -> PreviewRequest:
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
        images = self._images(PART_STYLE_SIDE)
        order = self._order(content, images, like_whole)
        strokes = max(self._strokes(style, part, scale, settings) for style in images)
        return PreviewRequest(order, part, "part", strokes)

    def _strokes(self, style: StyleImage, part: Part, scale: float, settings: Settings) -> float:
        """The size of the layer's strokes after ``style``, relative to those of a painted part."""
        sent = (style.picture.width * style.picture.height) ** 0.5
        return preview_part.strokes_in_layer(
            *(part, self._whole, scale, settings.style_scale),
            styles=(sent * style.full_scale, sent),
        )

    def _order(
        self, content: Picture, images: tuple[StyleImage, ...], settings: Settings
    ) -> JobRequest:
        styles = ChosenStyles.of(self._config).weighed(images)
        title = title_of(self._source.image)
        return JobRequest(content, styles, settings, title=title, is_preview=True)

    def _content(self, size: tuple[int, int]) -> Picture:
        if size not in self._contents:
            self._contents = {size: sources.at_size(self._source, *size)}
        return self._contents[size]

    @property
    def _file(self) -> Gio.File | None:
        file: Gio.File | None = self._config.get_property(arguments.STYLE)
        return file

    @property
    def _layer(self) -> Gimp.Layer | None:
        layer: Gimp.Layer | None = self._config.get_property(arguments.STYLE_LAYER)
        return layer

    def _images(self, side: int) -> tuple[StyleImage, ...]:
        def read(
            file: Gio.File | None, layer: Gimp.Layer | None, part: Region | None
        ) -> StyleImage:
            return self._image(file, layer, part, side)

        return ChosenStyles.of(self._config).read(read)

    def _image(
        self, file: Gio.File | None, layer: Gimp.Layer | None, part: Region | None, side: int
    ) -> StyleImage:
        if layer is not None:  # it may have changed
            return style_image.read(None, layer, part=part, longest_side=side)
        key = (file.get_uri() if file is not None else "", part, side)
        if key not in self._styles:
            self._styles[key] = style_image.read(file, None, part=part, longest_side=side)
        return self._styles[key]
