"""The source of a painted layer: a layer or its selected part, and its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gi.repository import Gegl, Gimp

from neural_style_protocol.errors import InputError
from neural_style_protocol.pixels import Picture
from preview_part import Part

EIGHT_BITS = (Gimp.Precision.U8_NON_LINEAR, Gimp.Precision.U8_PERCEPTUAL)


@dataclass(frozen=True)
class Source:
    """The part of a layer that is painted.

    ``x``, ``y``, ``width`` and ``height`` are in pixels of the layer, without the layer's own
    offset. ``selected`` is whether the part is the bounds of a selection, which may have soft
    edges. The new layer is inserted above ``above``, or above ``layer`` if that is None. With
    ``in_place``, there is no new layer: the picture in ``above`` is replaced.
    """

    image: Gimp.Image
    layer: Gimp.Layer
    x: int
    y: int
    width: int
    height: int
    selected: bool
    above: Gimp.Layer | None = None
    in_place: bool = False

    @property
    def has_alpha(self) -> bool:
        return bool(self.layer.has_alpha())

    @property
    def rectangle(self) -> Gegl.Rectangle:
        return Gegl.Rectangle.new(self.x, self.y, self.width, self.height)


def find(image: Gimp.Image, drawables: Sequence[Gimp.Drawable]) -> list[Source]:
    """The sources for a call of the procedure, one for each layer.

    As in GIMP's own filters, layers outside a selection are left out.

    Raises:
        InputError: there is no layer that can be painted.
    """
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        raise InputError(
            "An indexed image has too few colours for this.",
            next_step="Choose Image > Mode > RGB, then try again.",
        )
    layers = layers_of(drawables)
    if image.get_floating_sel() is not None:
        raise InputError(
            "There is a floating selection.",
            next_step="Anchor it or make it a layer, then try again.",
        )
    if Gimp.Selection.is_empty(image):
        return [Source(image, it, 0, 0, it.get_width(), it.get_height(), False) for it in layers]
    touched = [(layer, layer.mask_intersect()) for layer in layers]
    found = [Source(image, layer, *place[1:], True) for layer, place in touched if place[0]]
    if not found:
        raise InputError(
            "The selection does not touch the layer.",
            next_step="Choose Select > None, or another layer.",
        )
    return found


def layers_of(drawables: Sequence[Gimp.Drawable]) -> list[Gimp.Layer]:
    """The layers that ``drawables`` are, or whose masks they are.

    Raises:
        InputError: there is none, or one is a channel.
    """
    if not drawables:
        raise InputError("No layer is selected.", next_step="Select a layer.")
    return list(dict.fromkeys(_layer(drawable) for drawable in drawables))


def _layer(drawable: Gimp.Drawable) -> Gimp.Layer:
    if isinstance(drawable, Gimp.LayerMask):
        return Gimp.Layer.from_mask(drawable)
    if not isinstance(drawable, Gimp.Layer):
        raise InputError("A channel has no colours to paint.", next_step="Select a layer.")
    return drawable


def reduced(source: Source, longest_side: int) -> Picture:
    """The whole source as in :func:`part`, at most ``longest_side`` pixels long."""
    scale = min(1.0, longest_side / max(source.width, source.height))
    return part(source, Part(0, 0, source.width, source.height), scale)


def part(source: Source, wanted: Part, scale: float) -> Picture:
    """The part ``wanted`` of the source in sRGB at 8 bits, scaled by ``scale``."""
    width = max(1, round(wanted.width * scale))
    height = max(1, round(wanted.height * scale))
    x, y = round((source.x + wanted.x) * scale), round((source.y + wanted.y) * scale)
    channels, count = ("R'G'B'A", 4) if source.has_alpha else ("R'G'B'", 3)
    place = Gegl.Rectangle.new(x, y, width, height)
    buffer = source.layer.get_buffer()
    data = buffer.get(place, scale, f"{channels} u8", Gegl.AbyssPolicy.CLAMP)
    return Picture.of(width, height, count, data)


def at_size(source: Source, width: int, height: int) -> Picture:
    """The whole source as in :func:`part`, at ``width`` × ``height``, of about its proportions."""
    scale = max(width, height) / max(source.width, source.height)
    place = Gegl.Rectangle.new(round(source.x * scale), round(source.y * scale), width, height)
    channels, count = ("R'G'B'A", 4) if source.has_alpha else ("R'G'B'", 3)
    buffer = source.layer.get_buffer()
    data = buffer.get(place, scale, f"{channels} u8", Gegl.AbyssPolicy.CLAMP)
    return Picture.of(width, height, count, data)


def pixels(source: Source) -> Picture:
    """The source's pixels in sRGB: 8 bits if the image has 8 bits, else float in [0, 1]."""
    channels = "R'G'B'A" if source.has_alpha else "R'G'B'"
    count = len(channels.replace("'", ""))
    buffer = source.layer.get_buffer()
    if source.image.get_precision() in EIGHT_BITS:
        data = buffer.get(source.rectangle, 1.0, f"{channels} u8", Gegl.AbyssPolicy.NONE)
        return Picture.of(source.width, source.height, count, data)
    # Colours outside sRGB would be below 0 or above 1. A conversion to 16 bits clips them.
    clipped = buffer.get(source.rectangle, 1.0, f"{channels} u16", Gegl.AbyssPolicy.NONE)
    whole = Gegl.Rectangle.new(0, 0, source.width, source.height)
    converter = Gegl.Buffer.new(f"{channels} u16", 0, 0, source.width, source.height)
    converter.set(whole, f"{channels} u16", clipped)
    data = converter.get(whole, 1.0, f"{channels} float", Gegl.AbyssPolicy.NONE)
    return Picture.of(source.width, source.height, count, data, "f32")
