"""Mix several styles, and use parts of them: rows that are there only when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gimp, Gio, Gtk

import arguments
import style_choice
import style_file_windows
import style_part_window
from mix_row import MixRow, Shown
from neural_style_protocol.errors import InputError
from sentences import window_text
from style_gallery import StyleGallery
from style_mix import MixedStyle
from window_room import room_below
from words import _

ROW_HEIGHT, MOST_ROWS = 38, 3
"""More rows than these scroll."""


@dataclass(frozen=True)
class Labels:
    """The labels of the buttons, with their mnemonics."""

    mix: str
    part: str
    from_file: str


class MixPane(Gtk.Box):
    """Shows and sets the mix of ``config``; ``styles`` are offered to be mixed in."""

    def __init__(
        self, config: Gimp.ProcedureConfig, labels: Labels, styles: Callable[[], Iterable[Path]]
    ) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        self._config, self._styles = config, styles
        self._shown: tuple[object, ...] = ()
        self._grown = 0
        self._rows = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=4)
        self._scroll = Gtk.ScrolledWindow(
            hscrollbar_policy=Gtk.PolicyType.NEVER, can_focus=False, no_show_all=True
        )
        self._scroll.set_propagate_natural_height(True)
        self._scroll.set_max_content_height(ROW_HEIGHT * MOST_ROWS)
        self._scroll.add(self._rows)
        self._problem = Gtk.Label(xalign=0.0, wrap=True, max_width_chars=40, no_show_all=True)
        self._mix = Gtk.Button.new_with_mnemonic(labels.mix)
        self._mix.set_tooltip_text(
            _("Mix another style in. Or hold Ctrl down, and click on one in the gallery.")
        )
        self._part = Gtk.Button.new_with_mnemonic(labels.part)
        self._part.set_tooltip_text(_("Use only a part of the style image."))
        self._part.set_no_show_all(True)
        self._gallery = StyleGallery(self._add, by_arrows=False)
        self._offer = self._popover(labels.from_file)
        self._mix.connect("clicked", lambda _button: self._open_offer())
        self._part.connect("clicked", lambda _button: self._choose_part(0))
        buttons = Gtk.Box(spacing=8)
        for button in (self._mix, self._part):
            buttons.pack_start(button, False, False, 0)
        for widget in (self._scroll, self._problem, buttons):
            self.pack_start(widget, False, False, 0)
        for name in (arguments.STYLE, arguments.STYLE_LAYER, arguments.MIX):
            config.connect(f"notify::{name}", lambda *_: self._show())
        self._show()

    # --- the rows -------------------------------------------------------------------------------

    def _show(self) -> None:
        """Make the rows anew only if they look different, so that a slider is not lost."""
        mix = style_choice.mix_of(self._config)
        styles = [self._shown_of(place, style) for place, style in enumerate(mix.styles)]
        shown = () if mix.is_plain else tuple(style.key for style in styles)
        if shown != self._shown:
            self._shown = shown
            self._problem.hide()
            self._make_rows(styles if shown else [])
        self._show_shares([style.weight for style in mix.styles])
        self._scroll.set_visible(bool(shown))
        self._part.set_visible(not shown)
        self._part.set_sensitive(styles[0].file is not None or styles[0].layer is not None)
        self._mix.set_sensitive(mix.has_room)

    def _shown_of(self, place: int, style: MixedStyle) -> Shown:
        if place > 0:
            return Shown(style.file, None, style.part)
        layer = self._config.get_property(arguments.STYLE_LAYER)
        file = self._config.get_property(arguments.STYLE)
        return Shown(file if layer is None else None, layer, style.part)

    def _make_rows(self, styles: list[Shown]) -> None:
        for row in self._rows.get_children():
            row.destroy()
        for place, style in enumerate(styles):
            row = MixRow(
                style,
                is_alone=len(styles) == 1,
                on_weight=partial(self._set_weight, place),
                on_part=partial(self._choose_part, place),
                on_remove=partial(self._remove, place),
            )
            self._rows.pack_start(row, False, False, 0)
        self._rows.show_all()
        height = ROW_HEIGHT * min(len(styles), MOST_ROWS)
        self._scroll.set_min_content_height(height or -1)
        self._grow(height)

    def _grow(self, height: int) -> None:
        """Make the window higher for so much, as far as there is room, or lower again."""
        window = self.get_toplevel()
        if not isinstance(window, Gtk.Window) or not window.get_mapped():
            return
        more = min(height - self._grown, room_below(window))
        if more:
            across, down = window.get_size()
            window.resize(across, down + more)
            self._grown += more

    def _show_shares(self, weights: list[float]) -> None:
        rows = [row for row in self._rows.get_children() if isinstance(row, MixRow)]
        for row, weight in zip(rows, weights, strict=False):
            row.show_share(100 * weight / _full(weights), weight / sum(weights))

    # --- actions --------------------------------------------------------------------------------

    def _set_weight(self, place: int, weight: float) -> None:
        mix = style_choice.mix_of(self._config)
        full = _full([style.weight for style in mix.styles])
        for other, style in enumerate(mix.styles):
            value = weight / 100 if other == place else style.weight / full
            mix = mix.with_weight(other, round(value, 4))
        style_choice.set_mix(self._config, mix)

    def _remove(self, place: int) -> None:
        mix = style_choice.mix_of(self._config)
        if len(mix.styles) > 1:
            style_choice.remove(self._config, place)
        else:
            style_choice.set_mix(self._config, mix.with_part(place, None))

    def _choose_part(self, place: int) -> None:
        mix = style_choice.mix_of(self._config)
        style = self._shown_of(place, mix.styles[place])
        try:
            part = style_part_window.ask(self.get_toplevel(), style.file, style.layer, style.part)
        except InputError as error:
            self._problem.set_text(window_text(error))
            self._problem.show()
            return
        style_choice.set_mix(self._config, mix.with_part(place, part))

    # --- what is mixed in -------------------------------------------------------------------------

    def _popover(self, from_file: str) -> Gtk.Popover:
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6, border_width=8)
        button = Gtk.Button.new_with_label(from_file.replace("_", ""))
        button.set_tooltip_text(_("Choose any picture that GIMP can open."))
        button.connect("clicked", lambda _button: self._add_file())
        box.pack_start(self._gallery, True, True, 0)
        box.pack_start(button, False, False, 0)
        box.show_all()
        popover = Gtk.Popover(relative_to=self._mix)
        popover.add(box)
        return popover

    def _open_offer(self) -> None:
        hint = _("Choose a file, or drop a picture here.")
        self._gallery.show_styles(self._styles(), set(), hint)
        self._offer.popup()

    def _add(self, path: Path) -> None:
        self._offer.popdown()
        style_choice.add_file(self._config, Gio.File.new_for_path(str(path)))

    def _add_file(self) -> None:
        self._offer.popdown()
        path = style_file_windows.ask_for_picture(self.get_toplevel(), None)
        if path is not None:
            self._add(path)


def _full(weights: Iterable[float]) -> float:
    """The weight of a slider at its end: 1, or a larger one that a script has set.

    So no slider moves but the one that is dragged.
    """
    return max(1.0, *weights)
