"""The style image: a file, read through GIMP so that every format it opens will do, or a layer."""

from __future__ import annotations

from dataclasses import dataclass

from gi.repository import Gegl, Gimp, Gio, GLib

from neural_style_protocol.errors import InputError
from neural_style_protocol.pixels import Picture
from words import _

LONGEST_SIDE = 4096
"""No brush stroke needs more pixels than this."""


@dataclass(frozen=True)
class StyleImage:
    """A style image: its name for people, where it is from (empty for a layer), its pixels.

    ``own_size`` is how many times as long its sides are where it is painted with.
    """

    title: str
    uri: str
    picture: Picture
    own_size: float


def read(
    file: Gio.File | None, layer: Gimp.Layer | None, *, longest_side: int = LONGEST_SIDE
) -> StyleImage:
    """The style image in ``layer`` or, if that is None, in ``file``.

    Its pixels are sRGB, 8 bits; transparent parts are white; one that is larger than
    ``longest_side`` is scaled down to it.

    Raises:
        InputError: nothing was chosen, or it is gone, or it is not a picture.
    """
    if layer is not None and layer.is_valid():
        return StyleImage(layer.get_name(), "", *_pixels(_copy(layer), longest_side))
    if file is None:
        raise InputError(
            _("No style image was chosen."),
            next_step=_("Choose a picture whose style is to be painted with."),
        )
    if not file.query_exists(None):
        raise InputError(
            _("The style image {name} does not exist (any more).").format(
                name=file.get_parse_name()
            ),
            next_step=_("Choose another."),
        )
    return StyleImage(_title(file), file.get_uri(), *_pixels(_load(file), longest_side))


def _title(file: Gio.File) -> str:
    """The file's name without its folder and ending."""
    name = str(GLib.filename_display_basename(file.get_basename() or file.get_uri()))
    return name.rpartition(".")[0] or name


def _copy(layer: Gimp.Layer) -> Gimp.Image:
    """An image of its own that holds a copy of ``layer``."""
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
            _("{name} is not a picture that GIMP can open.").format(name=file.get_parse_name()),
            next_step=_("Choose another style image."),
        )
    return image


def _pixels(image: Gimp.Image, longest_side: int) -> tuple[Picture, float]:
    """The pixels of ``image``, which is deleted, and how they are related to those painted with."""
    try:
        image.undo_disable()
        return _flattened(image, longest_side)
    finally:
        image.delete()
        # Some of this showed a progress bar, whose Cancel button would end the plug-in at once.
        Gimp.progress_end()


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
