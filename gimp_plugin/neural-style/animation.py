"""Layers that are the frames of an animation: their order, what each shows, and their names."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gi.repository import Gegl, Gimp

import source as sources
from neural_style_protocol.pixels import Picture
from source import Source

_TAGS = re.compile(r"\(\s*(?:\d+\s*ms|combine|replace)\s*\)", re.IGNORECASE)
"""What GIMP reads in the name of a frame: how long it is seen, and whether it adds to the last."""
_REPLACE = re.compile(r"\(\s*replace\s*\)", re.IGNORECASE)


@dataclass(frozen=True)
class AnimationFrame:
    """One frame.

    Attributes:
        source: where its painted layer goes: above all frames, as large as the image, or as the
            bounds of the selection.
        tags: those of its layer's name.
        picture: what is seen of the animation at this frame.
    """

    source: Source
    tags: str
    picture: Picture


def frames_of(found: Sequence[Source]) -> list[AnimationFrame]:
    """The frames that the layers of ``found`` are, the lowest first.

    A frame adds to the one before it, unless its layer's name has *(replace)*.
    """
    image = found[0].image
    by_layer = {source.layer: source for source in found}
    layers = [layer for layer in _from_below(image.get_layers()) if layer in by_layer]
    top = layers[-1]
    shown = _pictures(image, layers, _place(image, found[0].selected))
    return [
        AnimationFrame(
            _source(by_layer[layer], top), " ".join(_TAGS.findall(layer.get_name())), picture
        )
        for layer, picture in zip(layers, shown, strict=True)
    ]


def _from_below(layers: Sequence[Gimp.Layer]) -> Iterator[Gimp.Layer]:
    """All layers, also those in groups, the lowest first."""
    for layer in reversed(layers):
        if isinstance(layer, Gimp.GroupLayer):
            yield from _from_below(layer.get_children())
        yield layer


def _place(image: Gimp.Image, selected: bool) -> Gegl.Rectangle:
    """The part of the image that is painted."""
    if not selected:
        return Gegl.Rectangle.new(0, 0, image.get_width(), image.get_height())
    _found, _is_some, left, top, right, bottom = Gimp.Selection.bounds(image)
    return Gegl.Rectangle.new(left, top, right - left, bottom - top)


def _source(source: Source, top: Gimp.Layer) -> Source:
    """``source`` with the place of its painted frame, in its own layer's pixels."""
    place = _place(source.image, source.selected)
    _found, left, above = source.layer.get_offsets()
    return dataclasses.replace(
        source,
        x=place.x - left,
        y=place.y - above,
        width=place.width,
        height=place.height,
        above=top,
    )


def _pictures(
    image: Gimp.Image, layers: Sequence[Gimp.Layer], place: Gegl.Rectangle
) -> list[Picture]:
    """What is seen at each frame, in a copy of the image that nobody sees."""
    copy = image.duplicate()
    try:
        numbers = {layer: number for number, layer in enumerate(_from_below(image.get_layers()))}
        copies = list(_from_below(copy.get_layers()))
        frames = [copies[numbers[layer]] for layer in layers]
        groups = {frame.get_parent() for frame in frames}
        for each in copies:
            if each.get_parent() is None or each.get_parent() in groups:
                each.set_visible(each in groups)
        made = []
        for number, frame in enumerate(frames):
            if _REPLACE.search(layers[number].get_name()):
                for earlier in frames[:number]:
                    earlier.set_visible(False)
            frame.set_visible(True)
            made.append(_seen(copy, place))
        return made
    finally:
        copy.delete()


def _seen(image: Gimp.Image, place: Gegl.Rectangle) -> Picture:
    """What is visible of ``image`` at ``place``."""
    whole = Gimp.Layer.new_from_visible(image, image, "")
    image.insert_layer(whole, None, 0)
    try:
        size = place.width, place.height
        return sources.pixels(Source(image, whole, place.x, place.y, *size, selected=False))
    finally:
        image.remove_layer(whole)
