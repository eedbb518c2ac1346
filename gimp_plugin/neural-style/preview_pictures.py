"""The preview's two pixbufs, before and after; around a selection, what lies around it stays."""

from __future__ import annotations

import dataclasses
from typing import Any

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, Gegl

import scaling
from grey_image import in_grey, is_grey
from neural_style_protocol.pixels import Picture
from pixbufs import allocated
from preview_cache import Blend
from preview_part import Part
from preview_requests import Painted
from source import Source

MARGIN = 0.25
"""The surroundings of a selection that are shown, as a share of its longer side."""


def surroundings(source: Source) -> Part:
    """What the preview shows: the source, and some of the layer around a selection."""
    layer = source.layer
    whole = Part(-source.x, -source.y, layer.get_width(), layer.get_height())
    return _bounds(source).with_margin(MARGIN if source.selected else 0.0, whole)


class PreviewPictures:
    """Makes the pixbufs. A painted picture is mixed into the layer as the selection says."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._bounds = _bounds(source)
        self._alpha: tuple[Part, bytes] | None = None

    def covers(self, after: Painted | Blend, visible: Part) -> bool:
        """Whether ``after`` has all of ``visible`` that is painted."""
        painted = after.first if isinstance(after, Blend) else after
        return painted.part.contains(visible.clipped(self._bounds))

    def pixbufs(
        self, before: Painted, after: Painted | Blend | None, visible: Part, width: int, height: int
    ) -> tuple[GdkPixbuf.Pixbuf, GdkPixbuf.Pixbuf | None]:
        """The part ``visible`` of both, in ``width`` × ``height``; None if nothing is painted."""
        place = (visible, width, height)
        below = scaling.cut_out(before.picture, before.part, *place)
        if after is None:
            return below, None
        if not isinstance(after, Blend):
            return below, self._painted(after, below, *place)
        first, second = (self._painted(it, below, *place) for it in (after.first, after.second))
        return below, _mixed(first, second, after.share)

    def _painted(
        self, after: Painted, below: GdkPixbuf.Pixbuf, visible: Part, width: int, height: int
    ) -> GdkPixbuf.Pixbuf:
        if is_grey(self._source.image):
            after = dataclasses.replace(after, picture=in_grey(after.picture))
        if not self._source.selected:
            return scaling.cut_out(after.picture, after.part, visible, width, height)
        target = allocated(below.copy())
        across, down = width / visible.width, height / visible.height
        shown = after.part.clipped(visible)
        left, top = round((shown.x - visible.x) * across), round((shown.y - visible.y) * down)
        right = min(width, left + round(shown.width * across))
        bottom = min(height, top + round(shown.height * down))
        if right > left and bottom > top:
            picture, part = self._selected(after), after.part
            scaling.pixbuf(picture).composite(
                *(target, left, top, right - left, bottom - top),
                *((part.x - visible.x) * across, (part.y - visible.y) * down),
                *(part.width / picture.width * across, part.height / picture.height * down),
                *(GdkPixbuf.InterpType.BILINEAR, 255),
            )
        return target

    def _selected(self, painted: Painted) -> Picture:
        """The painted picture with the selection as its alpha, times its own."""
        picture, count = painted.picture, painted.picture.width * painted.picture.height
        if self._alpha is None or self._alpha[0] != painted.part or len(self._alpha[1]) != count:
            self._alpha = painted.part, self._alpha_for(painted)
        colours = scaling.samples(scaling.without_alpha(picture).data, "u8")
        together = bytearray(4 * count)
        target: memoryview[Any] = memoryview(together)
        for channel in range(3):
            target[channel::4] = colours[channel::3]
        target[3::4] = self._alpha[1]
        return Picture.of(picture.width, picture.height, 4, bytes(together))

    def _alpha_for(self, painted: Painted) -> bytes:
        source, part, picture = self._source, painted.part, painted.picture
        scale = picture.width / part.width
        _found, left, top = source.layer.get_offsets()
        x, y = source.x + left + part.x, source.y + top + part.y
        place = Gegl.Rectangle.new(
            round(x * scale), round(y * scale), picture.width, picture.height
        )
        selection = source.image.get_selection().get_buffer()
        mask = bytes(selection.get(place, scale, "Y u8", Gegl.AbyssPolicy.NONE))
        own = scaling.alpha_of(picture)
        if own is None:
            return mask
        return bytes(m * a // 255 for m, a in zip(mask, own.data, strict=True))


def one_picture(shown: Painted | Blend) -> Picture:
    """What is shown, as one picture without alpha, mixed at the size of the first."""
    if not isinstance(shown, Blend):
        return scaling.without_alpha(shown.picture)
    first, second = (scaling.without_alpha(it.picture) for it in (shown.first, shown.second))
    second = scaling.scaled(second, first.width, first.height, fine=False)
    both = scaling.pixbuf(first), scaling.pixbuf(second)
    return scaling.picture_of(_mixed(*both, shown.share))


def _mixed(first: GdkPixbuf.Pixbuf, second: GdkPixbuf.Pixbuf, share: float) -> GdkPixbuf.Pixbuf:
    """Two pictures of one size, with a ``share`` of the second."""
    mixed = allocated(first.copy())
    place = (0, 0, first.get_width(), first.get_height(), 0, 0, 1, 1)
    second.composite(mixed, *place, GdkPixbuf.InterpType.NEAREST, round(255 * share))
    return mixed


def _bounds(source: Source) -> Part:
    return Part(0, 0, source.width, source.height)
