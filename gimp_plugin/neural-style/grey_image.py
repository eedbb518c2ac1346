"""What is different in a greyscale image: its layers cannot have the style's colours."""

from __future__ import annotations

from collections.abc import Callable

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gegl, Gimp, Gtk

from neural_style_protocol.pixels import Picture
from words import _

CONVERT = 1


def is_grey(image: Gimp.Image) -> bool:
    """Whether layers of ``image`` are grey."""
    return image.get_base_type() == Gimp.ImageBaseType.GRAY


def in_grey(picture: Picture) -> Picture:
    """A picture at 8 bits, RGB or RGBA, as it becomes in a grey layer."""
    grey, coloured = ("Y'A u8", "R'G'B'A u8") if picture.channels == 4 else ("Y' u8", "R'G'B' u8")
    whole = Gegl.Rectangle.new(0, 0, picture.width, picture.height)
    layer = Gegl.Buffer.new(grey, 0, 0, picture.width, picture.height)
    layer.set(whole, coloured, picture.data)
    data = layer.get(whole, 1.0, coloured, Gegl.AbyssPolicy.NONE)
    return Picture.of(picture.width, picture.height, picture.channels, data)


class GreyBar(Gtk.InfoBar):
    """Says that the painting will be grey, and offers to convert ``image`` to RGB.

    ``on_converted`` is called afterwards. The bar is hidden for an image that has colours.
    """

    def __init__(self, image: Gimp.Image, label: str, on_converted: Callable[[], None]) -> None:
        super().__init__(message_type=Gtk.MessageType.INFO)
        self._image, self._on_converted = image, on_converted
        text = Gtk.Label(
            label=_("This image is greyscale, so the painting will be grey."), wrap=True, xalign=0.0
        )
        self.get_content_area().add(text)
        text.show()
        button = self.add_button(label, CONVERT)
        button.set_tooltip_text(_("Give the image colours: Image > Mode > RGB. It can be undone."))
        self.set_no_show_all(True)
        self.set_visible(is_grey(image))
        self.connect("response", lambda *_: self._convert())

    def _convert(self) -> None:
        self._image.convert_rgb()
        Gimp.displays_flush()
        self.hide()
        self._on_converted()
