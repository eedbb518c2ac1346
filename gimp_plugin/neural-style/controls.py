"""One control for each setting, made from the schema and bound to the call's configuration."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GObject, Gtk, Pango

from neural_style_protocol.settings import Setting
from words import _

BOTH_WAYS = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
ACTION_LETTERS = "GNYK"
"""Letters reserved for actions that are rarely offered."""

NO_LETTER = 0xFFFFFF
"""GTK's key value for a label without a mnemonic."""


class Mnemonics:
    """Gives each label a mnemonic that no other label in ``window`` has.

    The mnemonics of GIMP's own buttons depend on the language.
    """

    def __init__(self, window: Gtk.Widget) -> None:
        self._taken = set(_letters_in(window))
        self._reserved = set(ACTION_LETTERS) - self._taken

    def mark(self, label: str) -> str:
        """``label`` with an underscore before its mnemonic; unchanged if all letters are taken."""
        return self._with_letter(label, self._taken | self._reserved) or label

    def mark_action(self, label: str) -> str:
        """The same for a rarely offered action: takes a reserved letter if the label has one."""
        others = set(string.ascii_uppercase) - self._reserved
        return self._with_letter(label, self._taken | others) or self.mark(label)

    def _with_letter(self, label: str, avoided: set[str]) -> str:
        for index, letter in enumerate(label):
            if letter.isalnum() and letter.isascii() and letter.upper() not in avoided:
                self._taken.add(letter.upper())
                return f"{label[:index]}_{label[index:]}"
        return ""


def _letters_in(widget: Gtk.Widget) -> Iterator[str]:
    if isinstance(widget, Gtk.Label) and widget.get_mnemonic_keyval() != NO_LETTER:
        yield chr(Gdk.keyval_to_unicode(widget.get_mnemonic_keyval())).upper()
    if isinstance(widget, Gtk.Container):
        parts: list[Gtk.Widget] = []
        widget.forall(parts.append)
        for part in parts:
            yield from _letters_in(part)


@dataclass(frozen=True)
class Control:
    """A widget with its label and the label of its unit; None if the widget shows them itself.

    ``inner`` are the widgets that take the keyboard, if ``widget`` is a row of them.
    """

    label: Gtk.Label | None
    widget: Gtk.Widget
    unit: Gtk.Label | None = None
    inner: tuple[Gtk.Widget, ...] = ()

    @property
    def parts(self) -> tuple[Gtk.Widget, ...]:
        """The widgets that take the keyboard."""
        return self.inner or (self.widget,)


def control_for(setting: Setting, config: GObject.Object, mnemonics: Mnemonics) -> Control:
    """The control of one setting, bound in both directions to its value in ``config``."""
    text = mnemonics.mark(_(setting.label))
    if setting.kind == "switch":
        box = Gtk.CheckButton.new_with_mnemonic(text)
        _bind(config, setting, box, "active")
        box.set_tooltip_text(_(setting.help))
        return Control(None, box)
    label = Gtk.Label.new_with_mnemonic(text)
    label.set_xalign(0.0)
    if setting.kind == "number":
        return _slider(setting, config, label)
    widget: Gtk.Widget
    unit = None
    if setting.kind == "choice":
        widget = _choice(setting, config)
    else:
        spin = _spin(setting, config)
        widget, unit = spin, _unit(setting, spin)
    _explain(widget, setting)
    label.set_mnemonic_widget(widget)
    return Control(label, widget, unit)


def _explain(widget: Gtk.Widget, setting: Setting) -> None:
    widget.set_tooltip_text(_(setting.help))
    widget.get_accessible().set_name(_(setting.label))
    widget.get_accessible().set_description(_(setting.help))


def _choice(setting: Setting, config: GObject.Object) -> Gtk.ComboBoxText:
    combo = Gtk.ComboBoxText()
    for value, words in setting.choices.items():
        combo.append(value, _(words))
    for cell in combo.get_cells():  # so that long texts do not widen the window
        cell.set_property("ellipsize", Pango.EllipsizeMode.END)
    _bind(config, setting, combo, "active-id")
    return combo


def _spin(setting: Setting, config: GObject.Object) -> Gtk.SpinButton:
    adjustment = _adjustment(setting, config)
    spin = Gtk.SpinButton(adjustment=adjustment, numeric=not setting.zero, activates_default=True)
    spin.set_width_chars(max(7, len(_(setting.zero)) if setting.zero else 0))
    spin.set_halign(Gtk.Align.START)
    if setting.zero:
        # GTK reads text that is not a number as 0, so the word can be typed too.
        spin.connect("output", lambda spin: _show_word(spin, _(setting.zero)))
        spin.update()
    return spin


def _show_word(spin: Gtk.SpinButton, word: str) -> bool:
    """Show ``word`` instead of 0; returns whether the value is 0."""
    is_zero = spin.get_value_as_int() == 0
    if is_zero and spin.get_text() != word:
        spin.set_text(word)
    return is_zero


def _unit(setting: Setting, spin: Gtk.SpinButton) -> Gtk.Label | None:
    """The label of the unit, hidden while the control shows a word instead of a number."""
    if not setting.unit:
        return None
    label = Gtk.Label(label=_(setting.unit), xalign=0.0, hexpand=True)

    def show(*_arguments: object) -> None:
        label.set_opacity(0.0 if setting.zero and spin.get_value_as_int() == 0 else 1.0)

    spin.connect("value-changed", show)
    show()
    return label


def _slider(setting: Setting, config: GObject.Object, label: Gtk.Label) -> Control:
    """A slider, and beside it its value, which can be typed."""
    adjustment = _adjustment(setting, config)
    scale = Gtk.Scale(adjustment=adjustment, hexpand=True, draw_value=False)
    scale.connect("key-press-event", lambda scale, event: _page(adjustment, event))
    spin = Gtk.SpinButton(adjustment=adjustment, numeric=True, activates_default=True)
    spin.set_width_chars(3)
    spin.set_valign(Gtk.Align.CENTER)
    row = Gtk.Box(spacing=6)
    row.pack_start(scale, True, True, 0)
    row.pack_start(spin, False, False, 0)
    if setting.unit:
        row.pack_start(Gtk.Label(label=_(setting.unit)), False, False, 0)
    for part in (scale, spin):
        _explain(part, setting)
    label.set_mnemonic_widget(scale)
    return Control(label, row, inner=(scale, spin))


def _page(adjustment: Gtk.Adjustment, event: Gdk.EventKey) -> bool:
    """Page Up raises the value, as everywhere; GTK's own sliders that lie lower it."""
    turns = {Gdk.KEY_Page_Up: 1.0, Gdk.KEY_Page_Down: -1.0}
    if event.keyval not in turns:
        return False
    step = turns[event.keyval] * adjustment.get_page_increment()
    adjustment.set_value(adjustment.get_value() + step)
    return True


def _adjustment(setting: Setting, config: GObject.Object) -> Gtk.Adjustment:
    low, high = float(setting.minimum or 0), float(setting.maximum or 0)
    adjustment = Gtk.Adjustment(
        lower=low, upper=high, step_increment=setting.step, page_increment=10 * setting.step
    )
    _bind(config, setting, adjustment, "value")
    return adjustment


def _bind(config: GObject.Object, setting: Setting, widget: GObject.Object, name: str) -> None:
    config.bind_property(setting.option, widget, name, BOTH_WAYS)
