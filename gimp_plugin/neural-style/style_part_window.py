"""The window in which a part of a style image is chosen."""

from __future__ import annotations

import dataclasses

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GdkPixbuf, Gimp, Gio, Gtk

import preview_part
import scaling
import style_image
from part_view import PartView
from pixbufs import allocated
from preview_part import Part
from style_mix import Region
from words import _

MOST_WIDTH, MOST_HEIGHT = 640, 420
"""The largest picture, in GTK's pixels; the window fits on a screen of 1024 × 700."""

LEAST_SIDE = 16
"""The smallest part has this many pixels of the style image across and down."""

WHOLE = 1


class PartWindow(Gtk.Dialog):
    """Shows the style image in ``file`` or ``layer``, with the part that is chosen.

    Raises:
        InputError: the style image cannot be read.
    """

    def __init__(
        self,
        parent: Gtk.Widget,
        file: Gio.File | None,
        layer: Gimp.Layer | None,
        part: Region | None,
    ) -> None:
        scale = parent.get_scale_factor()
        style = style_image.read(file, layer, longest_side=MOST_WIDTH * scale)
        title = _("A part of “{name}”").format(name=style.title)
        super().__init__(title=title, transient_for=parent, modal=True)
        self._size = style.size
        self._region = part or self._whole
        self._view = PartView(_fitting(style, scale), self._take)
        self._view.get_accessible().set_name(_("Style image"))
        self._numbers = {
            field.name: _number(most)
            for field, most in zip(dataclasses.fields(Region), 2 * self._size, strict=True)
        }
        self._is_showing = False
        self._fill()
        self._show()

    @property
    def part(self) -> Region | None:
        """The chosen part; None for the whole picture."""
        return self._region if self._region != self._whole else None

    @property
    def _whole(self) -> Region:
        return Region(0, 0, *self._size)

    def _fill(self) -> None:
        row = Gtk.Box(spacing=6, halign=Gtk.Align.CENTER)
        texts = (_("Left"), _("Top"), _("Width"), _("Height"))
        for text, spin in zip(texts, self._numbers.values(), strict=True):
            spin.get_accessible().set_name(text)
            row.pack_start(Gtk.Label(label=text), False, False, 0)
            row.pack_start(spin, False, False, 0)
            spin.connect("value-changed", lambda _spin: self._take_numbers())
        self._whole_button = self.add_button(_("_Whole picture"), WHOLE)
        self._whole_button.connect("clicked", lambda _button: self._choose(self._whole))
        self.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
        self.add_button(_("_Use this part"), Gtk.ResponseType.OK)
        self.set_default_response(Gtk.ResponseType.OK)
        self.set_resizable(False)
        area = self.get_content_area()
        area.set_spacing(8)
        area.set_border_width(8)
        hint = Gtk.Label(label=_("Drag a rectangle. Drag inside it to move it."), xalign=0.5)
        hint.get_style_context().add_class("dim-label")
        area.pack_start(self._view, False, False, 0)
        area.pack_start(hint, False, False, 0)
        area.pack_start(row, False, False, 0)
        area.show_all()

    def _take(self, shares: Part) -> None:
        """Choose what was dragged."""
        width, height = self._size
        self._choose(
            Region(
                round(shares.x * width),
                round(shares.y * height),
                round(shares.width * width),
                round(shares.height * height),
            )
        )

    def _take_numbers(self) -> None:
        if not self._is_showing:
            values = {name: spin.get_value_as_int() for name, spin in self._numbers.items()}
            self._choose(Region(**values))

    def _choose(self, region: Region) -> None:
        """Choose ``region``, or what is like it inside the picture and not too small."""
        width, height = (
            min(most, max(LEAST_SIDE, side))
            for side, most in zip((region.width, region.height), self._size, strict=True)
        )
        left = min(max(0, region.left), self._size[0] - width)
        top = min(max(0, region.top), self._size[1] - height)
        self._region = Region(left, top, width, height)
        self._show()

    def _show(self) -> None:
        self._is_showing = True
        for name, value in dataclasses.asdict(self._region).items():
            self._numbers[name].set_value(value)
        self._is_showing = False
        region, (width, height) = self._region, self._size
        self._view.show_part(
            Part(
                region.left / width,
                region.top / height,
                region.width / width,
                region.height / height,
            )
        )
        self._whole_button.set_sensitive(self.part is not None)


def ask(
    parent: Gtk.Widget, file: Gio.File | None, layer: Gimp.Layer | None, part: Region | None
) -> Region | None:
    """Let the user choose a part of a style image; None is all of it.

    Returns:
        The chosen part; ``part`` if the window was closed.

    Raises:
        InputError: the style image cannot be read.
    """
    window = PartWindow(parent, file, layer, part)
    answer = window.run()
    while answer == WHOLE:  # the window stays
        answer = window.run()
    chosen = window.part if answer == Gtk.ResponseType.OK else part
    window.destroy()
    return chosen


def _number(most: int) -> Gtk.SpinButton:
    adjustment = Gtk.Adjustment(lower=0, upper=most, step_increment=1, page_increment=10)
    spin = Gtk.SpinButton(adjustment=adjustment, numeric=True, activates_default=True)
    spin.set_width_chars(5)
    spin.set_tooltip_text(_("In pixels of the style image."))
    return spin


def _fitting(style: style_image.StyleImage, scale: int) -> GdkPixbuf.Pixbuf:
    """The picture as large as there is room for, in pixels of the screen."""
    whole = Part(0, 0, style.picture.width, style.picture.height)
    size = preview_part.fitting(whole, MOST_WIDTH * scale, MOST_HEIGHT * scale)
    bilinear = GdkPixbuf.InterpType.BILINEAR
    return allocated(scaling.pixbuf(style.picture).scale_simple(*size, bilinear))
