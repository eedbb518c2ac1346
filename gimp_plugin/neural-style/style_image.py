"""Read the style image: a layer, or a file in any format that GIMP can open."""

from __future__ import annotations

from dataclasses import dataclass

from gi.repository import Gegl, Gimp, Gio, GLib

from neural_style_protocol.errors import InputError
from neural_style_protocol.pixels import Picture
from style_mix import Region

LONGEST_SIDE = 4096
"""Larger style images are scaled down to this."""


@dataclass(frozen=True)
class StyleImage:
    """A style image.

    Attributes:
        title: its name for the user.
        uri: the file's URI; empty for a layer.
        picture: its pixels.
        full_scale: the side length of the style image for the layer, relative to ``picture``.
        size: width and height of the whole style image, in its own pixels.
    """

    title: str
    uri: str
    picture: Picture
    full_scale: float
    size: tuple[int, int]


def read(
    file: Gio.File | None,
    layer: Gimp.Layer | None,
    part: Region | None = None,
    *,
    longest_side: int = LONGEST_SIDE,
) -> StyleImage:
    """The style image in ``layer`` or, if that is None, in ``file``; only ``part`` of it, if given.

    The pixels are sRGB with 8 bits. Transparent parts become white. A picture longer than
    ``longest_side`` is scaled down.

    Raises:
        InputError: no style was chosen, the file is missing, it is not a picture, or it has no
            such part.
    """
    if layer is not None and layer.is_valid():
        return StyleImage(layer.get_name(), "", *_pixels(_copy(layer), part, longest_side))
    if file is None:
        raise InputError(
            "No style image was chosen.",
            next_step="Choose a picture whose style is to be painted with.",
        )
    if not file.query_exists(None):
        raise InputError(
            "The style image {name} does not exist (any more).",
            next_step="Choose another.",
            name=file.get_parse_name(),
        )
    return StyleImage(_title(file), file.get_uri(), *_pixels(_load(file), part, longest_side))


def _title(file: Gio.File) -> str:
    """The file's name without its folder and extension."""
    name = str(GLib.filename_display_basename(file.get_basename() or file.get_uri()))
    return name.rpartition(".")[0] or name


def _copy(layer: Gimp.Layer) -> Gimp.Image:
    """A new image with a copy of ``layer``."""
    original = layer.get_image()
    base = original.get_base_type()
    if base == Gimp.ImageBaseType.INDEXED:
        base = Gimp.ImageBaseType.RGB
    size = (layer.get_width(), layer.get_height())
    image = Gimp.Image.new_with_precision(*size, base, original.get_precision())
    image.set_color_profile(original.get_effective_color_profile())
    copy = Gimp.Layer.new_from_drawable(layer, image)
    image.insert_layer(copy, None, 0)
    copy.set_offsets(0, 0)
    return image


def _load(file: Gio.File) -> Gimp.Image:
    try:
        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    except GLib.Error:
        image = None
    if image is None:
        raise InputError(
            "{name} is not a picture that GIMP can open.",
            next_step="Choose another style image.",
            name=file.get_parse_name(),
        )
    return image


def _pixels(
    image: Gimp.Image, part: Region | None, longest_side: int
) -> tuple[Picture, float, tuple[int, int]]:
    """Pixels, ``full_scale`` and ``size`` of ``image``, which is then deleted."""
    try:
        image.undo_disable()
        size = image.get_width(), image.get_height()
        if part is not None:
            _crop(image, part)
        return *_flattened(image, longest_side), size
    finally:
        image.delete()
        # These calls may show a progress bar, whose Cancel button would end the plug-in at once.
        Gimp.progress_end()


def _crop(image: Gimp.Image, part: Region) -> None:
    right, below = part.left + part.width, part.top + part.height
    is_inside = min(part.left, part.top) >= 0 and min(part.width, part.height) > 0
    if not is_inside or right > image.get_width() or below > image.get_height():
        raise InputError(
            "The part {left} {top} {width} {height} is not inside a style image of "
            "{image_width} × {image_height} pixels.",
            next_step="Choose another part of it.",
            left=part.left,
            top=part.top,
            width=part.width,
            height=part.height,
            image_width=image.get_width(),
            image_height=image.get_height(),
        )
    image.crop(part.width, part.height, part.left, part.top)


def _flattened(image: Gimp.Image, longest_side: int) -> tuple[Picture, float]:
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        image.convert_rgb()
    Gimp.context_push()
    Gimp.context_set_background(Gegl.Color.new("white"))
    layer = image.flatten()
    Gimp.context_pop()
    width, height = layer.get_width(), layer.get_height()
    scale, own_scale = (min(1.0, s / max(width, height)) for s in (longest_side, LONGEST_SIDE))
    width, height = max(1, int(width * scale)), max(1, int(height * scale))
    rectangle = Gegl.Rectangle.new(0, 0, width, height)
    data = layer.get_buffer().get(rectangle, scale, "R'G'B' u8", Gegl.AbyssPolicy.CLAMP)
    return Picture.of(width, height, 3, data), own_scale / scale
