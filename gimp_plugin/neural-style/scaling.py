"""Scale and convert pictures in GIMP's Python, which has no numpy."""

from __future__ import annotations

from typing import Any

from gi.repository import GdkPixbuf, Gegl, Gimp, GLib

from neural_style_protocol.pixels import Picture
from pixbufs import allocated
from preview_part import Part

SAMPLE_FORMATS = {"u8": "u8", "f32": "float"}
CHECK_SIDE, CHECK_COLOURS = 8, (0x999999, 0x666666)
"""GIMP's checkerboard below transparent parts."""


def colour_format(picture: Picture) -> str:
    """babl's name for the picture's pixels."""
    channels = "R'G'B'A" if picture.channels == 4 else "R'G'B'"
    return f"{channels} {SAMPLE_FORMATS[picture.dtype]}"


def samples(data: bytes | bytearray, dtype: str) -> memoryview[Any]:
    """Raw pixels as a flat sequence of samples, which can be sliced and assigned with a step."""
    return memoryview(data).cast("B") if dtype == "u8" else memoryview(data).cast("f")


def without_alpha(picture: Picture) -> Picture:
    """The picture's colours without alpha."""
    if picture.channels == 3:
        return picture
    source = samples(picture.data, picture.dtype)
    colours = bytearray(len(picture.data) // 4 * 3)
    target = samples(colours, picture.dtype)
    for channel in range(3):
        target[channel::3] = source[channel::4]
    return Picture.of(picture.width, picture.height, 3, bytes(colours), picture.dtype)


def alpha_of(picture: Picture) -> Picture | None:
    """The picture's alpha as 1 channel; None if it has none."""
    if picture.channels != 4:
        return None
    alpha = samples(picture.data, picture.dtype)[3::4].tobytes()
    return Picture.of(picture.width, picture.height, 1, alpha, picture.dtype)


def in_bytes(picture: Picture) -> Picture:
    """An RGB picture at 8 bits."""
    if picture.dtype == "u8":
        return picture
    whole = Gegl.Rectangle.new(0, 0, picture.width, picture.height)
    converter = Gegl.Buffer.new("R'G'B' float", 0, 0, picture.width, picture.height)
    converter.set(whole, "R'G'B' float", picture.data)
    data = converter.get(whole, 1.0, "R'G'B' u8", Gegl.AbyssPolicy.NONE)
    return Picture.of(picture.width, picture.height, 3, data)


def scaled(picture: Picture, width: int, height: int, *, fine: bool) -> Picture:
    """An RGB picture at ``width`` × ``height``; ``fine`` is slower and smoother."""
    if (picture.width, picture.height) == (width, height):
        return picture
    if picture.dtype == "u8":
        return _scaled_bytes(picture, width, height, fine)
    return _scaled_floats(picture, width, height, fine)


def pixbuf(picture: Picture) -> GdkPixbuf.Pixbuf:
    """An 8-bit picture as a GTK pixbuf."""
    return GdkPixbuf.Pixbuf.new_from_bytes(
        GLib.Bytes.new(picture.data),
        GdkPixbuf.Colorspace.RGB,
        picture.channels == 4,
        8,
        picture.width,
        picture.height,
        picture.width * picture.channels,
    )


def picture_of(opaque: GdkPixbuf.Pixbuf) -> Picture:
    """The picture in a pixbuf without alpha."""
    width, height, stride = opaque.get_width(), opaque.get_height(), opaque.get_rowstride()
    data = opaque.read_pixel_bytes().get_data()
    if stride != width * 3:
        data = b"".join(data[y * stride : y * stride + width * 3] for y in range(height))
    return Picture.of(width, height, 3, data)


def cut_out(
    picture: Picture, covers: Part, visible: Part, width: int, height: int
) -> GdkPixbuf.Pixbuf:
    """A pixbuf of ``width`` × ``height`` that shows the part ``visible`` of an 8-bit picture.

    The picture covers the part ``covers``. Transparent parts show a checkerboard.
    """
    across, down = width / visible.width, height / visible.height
    empty = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, width, height)
    target = allocated(empty)
    place = (
        *(0, 0, width, height),
        *((covers.x - visible.x) * across, (covers.y - visible.y) * down),
        *(covers.width / picture.width * across, covers.height / picture.height * down),
        GdkPixbuf.InterpType.BILINEAR,
    )
    pixbuf(picture).composite_color(target, *place, 255, 0, 0, CHECK_SIDE, *CHECK_COLOURS)
    return target


def _scaled_bytes(picture: Picture, width: int, height: int, fine: bool) -> Picture:
    kind = GdkPixbuf.InterpType.HYPER if fine else GdkPixbuf.InterpType.BILINEAR
    larger = allocated(pixbuf(picture).scale_simple(width, height, kind))
    return picture_of(larger)


def _scaled_floats(picture: Picture, width: int, height: int, fine: bool) -> Picture:
    image = Gimp.Image.new_with_precision(
        picture.width, picture.height, Gimp.ImageBaseType.RGB, Gimp.Precision.FLOAT_NON_LINEAR
    )
    try:
        image.undo_disable()
        layer = Gimp.Layer.new(
            image,
            "scaling",
            picture.width,
            picture.height,
            Gimp.ImageType.RGB_IMAGE,
            100.0,
            Gimp.LayerMode.NORMAL,
        )
        image.insert_layer(layer, None, 0)
        buffer = layer.get_buffer()
        small = Gegl.Rectangle.new(0, 0, picture.width, picture.height)
        buffer.set(small, "R'G'B' float", picture.data)
        buffer.flush()
        Gimp.context_push()
        kind = Gimp.InterpolationType.CUBIC if fine else Gimp.InterpolationType.LINEAR
        Gimp.context_set_interpolation(kind)
        layer.scale(width, height, False)
        Gimp.context_pop()
        large = Gegl.Rectangle.new(0, 0, width, height)
        data = layer.get_buffer().get(large, 1.0, "R'G'B' float", Gegl.AbyssPolicy.NONE)
    finally:
        image.delete()
    return Picture.of(width, height, 3, data, "f32")
