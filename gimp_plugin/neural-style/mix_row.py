"""One row of the mix: a style's thumbnail, its name, its share, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gimp, Gio, Gtk, Pango

import crisp
import path_list
import scaling
import style_image
import thumbnails
from neural_style_protocol.errors import InputError
from style_mix import Region
from words import _

SIDE = 32
SLIDER_WIDTH = 96


@dataclass(frozen=True)
class Shown:
    """What a row shows: a style image, and the part of it; ``file`` is None for a layer."""

    file: Gio.File | None
    layer: Gimp.Layer | None
    part: Region | None

    @property
    def name(self) -> str:
        if self.layer is not None:
            return str(self.layer.get_name()) if self.layer.is_valid() else ""
        return (self.file.get_basename() or "") if self.file is not None else ""

    @property
    def key(self) -> tuple[object, ...]:
        """Differs for rows that look different."""
        uri = self.file.get_uri() if self.file is not None else ""
        return uri, self.layer.get_id() if self.layer is not None else 0, self.part


class MixRow(Gtk.Box):
    """A row of the mix.

    Args:
        shown: the style.
        is_alone: without others, a style has no share.
        on_weight: called with the slider's value, from 1 to 100.
        on_part, on_remove: called when the buttons are pressed.
    """

    def __init__(
        self,
        shown: Shown,
        *,
        is_alone: bool,
        on_weight: Callable[[float], None],
        on_part: Callable[[], None],
        on_remove: Callable[[], None],
    ) -> None:
        super().__init__(spacing=6)
        image = Gtk.Image()
        image.set_size_request(SIDE, SIDE)
        _show_thumbnail(image, shown)
        middle = Pango.EllipsizeMode.MIDDLE
        name = Gtk.Label(
            label=shown.name, xalign=0.0, hexpand=True, ellipsize=middle, max_width_chars=1
        )
        name.set_tooltip_text(shown.name)
        self.pack_start(image, False, False, 0)
        self.pack_start(name, True, True, 0)
        self._weight = Gtk.Adjustment(lower=1, upper=100, step_increment=1, page_increment=10)
        self._share = Gtk.Label(xalign=1.0)
        self._share.set_size_request(44, -1)
        self._is_showing = False
        if not is_alone:
            self._add_slider(shown.name, on_weight)
        removing = _("Use all of the picture") if is_alone else _("Take it out of the mix")
        for label, words, press in (
            (_("Part…"), _("Use only a part of this style image."), on_part),
            ("✕", removing, on_remove),
        ):
            button = Gtk.Button.new_with_label(label)
            button.set_tooltip_text(words)
            button.get_accessible().set_name(f"{words} ({shown.name})")
            button.connect("clicked", lambda _button, press=press: press())
            self.pack_start(button, False, False, 0)

    def show_share(self, weight: float, share: float) -> None:
        """Show the weight, from 1 to 100, and the share of the mix, from 0 to 1."""
        self._is_showing = True
        self._weight.set_value(weight)
        self._is_showing = False
        self._share.set_text(f"{100 * share:.0f} %")

    def _add_slider(self, name: str, on_weight: Callable[[float], None]) -> None:
        scale = Gtk.Scale(adjustment=self._weight, draw_value=False)
        scale.set_size_request(SLIDER_WIDTH, -1)
        scale.set_tooltip_text(_("How much of the mix this style is."))
        scale.get_accessible().set_name(_("Share of “{name}”").format(name=name))
        self._weight.connect("value-changed", lambda _weight: self._report(on_weight))
        self.pack_start(scale, False, False, 0)
        self.pack_start(self._share, False, False, 0)

    def _report(self, on_weight: Callable[[float], None]) -> None:
        if not self._is_showing:
            on_weight(self._weight.get_value())


def _show_thumbnail(image: Gtk.Image, shown: Shown) -> None:
    """The thumbnail of what is used; of a part, from GIMP itself, whose pixels the part has."""
    side = SIDE * image.get_scale_factor()
    pixbuf = None
    path = shown.file.get_path() if shown.file is not None and shown.layer is None else None
    if path and shown.part is None:
        pixbuf = thumbnails.thumbnail(path_list.chosen_path(path), side)
    if pixbuf is None:
        try:
            style = style_image.read(shown.file, shown.layer, shown.part, longest_side=side)
        except InputError:
            image.set_from_icon_name("image-missing", Gtk.IconSize.DIALOG)
            return
        pixbuf = scaling.pixbuf(style.picture)
    crisp.show(image, pixbuf)
