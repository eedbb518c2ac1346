"""The style image, read through GIMP itself, so that every format GIMP opens will do."""

from __future__ import annotations

from typing import Any

from gi.repository import Gegl, Gimp, Gio, GLib

from neural_style_protocol.errors import InputError
from neural_style_protocol.pixels import Picture
from words import _

LONGEST_SIDE = 4096
"""No brush stroke needs more pixels than this."""


def read(file: Gio.File | None, *, longest_side: int = LONGEST_SIDE) -> Picture:
    """The pixels of the picture in ``file``: sRGB, 8 bits, transparent parts white.

    One that is larger than ``longest_side`` is scaled down to it.

    Raises:
        InputError: no file was chosen, it is gone, or it is not a picture.
    """
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
    image = _load(file)
    try:
        return _flattened(image, longest_side)
    finally:
        image.delete()
        # Loading showed a progress bar, whose Cancel button would end the plug-in on the spot.
        Gimp.progress_end()


def title(file: Gio.File) -> str:
    """The file's name without its folder and ending."""
    return str(GLib.filename_display_basename(file.get_basename() or "")).rpartition(".")[0] or str(
        file.get_basename()
    )


def _load(file: Gio.File) -> Any:
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


def _flattened(image: Any, longest_side: int) -> Picture:
    image.undo_disable()
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        image.convert_rgb()
    Gimp.context_push()
    Gimp.context_set_background(Gegl.Color.new("white"))
    layer = image.flatten()
    Gimp.context_pop()
    width, height = layer.get_width(), layer.get_height()
    scale = min(1.0, longest_side / max(width, height))
    width, height = max(1, int(width * scale)), max(1, int(height * scale))
    rectangle = Gegl.Rectangle.new(0, 0, width, height)
    data = layer.get_buffer().get(rectangle, scale, "R'G'B' u8", Gegl.AbyssPolicy.CLAMP)
    return Picture.of(width, height, 3, data)
