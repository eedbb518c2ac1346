"""One control for each setting, made from the schema and bound to the call's configuration."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GObject, Gtk

from neural_style_protocol.settings import Setting
from words import _

BOTH_WAYS = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
GIMPS_OWN = "SLRHOC"
"""Letters that the frame's own buttons answer to."""

FOR_ACTIONS = "GNY"
"""Letters kept for actions that are seldom offered; settings that are folded away go without."""


class Mnemonics:
    """Gives each label a letter that no other in the window has."""

    def __init__(self, taken: str = GIMPS_OWN + FOR_ACTIONS) -> None:
        self._taken = set(taken)

    @classmethod
    def for_actions(cls) -> Mnemonics:
        """Those that give only the letters kept for actions."""
        return cls("".join(set(string.ascii_uppercase + string.digits) - set(FOR_ACTIONS)))

    def mark(self, label: str) -> str:
        """``label`` with an underscore before its letter or digit; as it is if all are taken."""
        for index, letter in enumerate(label):
            if letter.isalnum() and letter.upper() not in self._taken:
                self._taken.add(letter.upper())
                return f"{label[:index]}_{label[index:]}"
        return label


@dataclass(frozen=True)
class Control:
    """A label, a widget, and what to put after it; ``label`` is None where the widget says it."""

    label: Any
    widget: Any
    unit: str = ""


def control_for(setting: Setting, config: Any, mnemonics: Mnemonics) -> Control:
    """The control of one setting. What it shows and what ``config`` holds stay the same."""
    text = mnemonics.mark(_(setting.label))
    if setting.kind == "switch":
        box = Gtk.CheckButton.new_with_mnemonic(text)
        _bind(config, setting, box, "active")
        box.set_tooltip_text(_(setting.help))
        return Control(None, box)
    if setting.kind == "choice":
        widget = _choice(setting, config)
    elif setting.kind == "integer":
        widget = _spin(setting, config)
    else:
        widget = _slider(setting, config)
    widget.set_tooltip_text(_(setting.help))
    label = Gtk.Label.new_with_mnemonic(text)
    label.set_xalign(0.0)
    label.set_mnemonic_widget(widget)
    widget.get_accessible().set_name(_(setting.label))
    widget.get_accessible().set_description(_(setting.help))
    return Control(label, widget, _(setting.unit) if setting.kind == "integer" else "")


def _choice(setting: Setting, config: Any) -> Any:
    combo = Gtk.ComboBoxText()
    for value, words in setting.choices.items():
        combo.append(value, _(words))
    _bind(config, setting, combo, "active-id")
    return combo


def _spin(setting: Setting, config: Any) -> Any:
    adjustment = _adjustment(setting, config, step=1.0)
    spin = Gtk.SpinButton(
        adjustment=adjustment, numeric=True, width_chars=7, activates_default=True
    )
    spin.set_halign(Gtk.Align.START)
    return spin


def _slider(setting: Setting, config: Any) -> Any:
    adjustment = _adjustment(setting, config, step=1.0)
    scale = Gtk.Scale(adjustment=adjustment, digits=0, hexpand=True)
    scale.set_value_pos(Gtk.PositionType.RIGHT)
    unit = f" {_(setting.unit)}" if setting.unit else ""
    scale.connect("format-value", lambda _scale, value: f"{value:.0f}{unit}")
    return scale


def _adjustment(setting: Setting, config: Any, step: float) -> Any:
    low, high = float(setting.minimum or 0), float(setting.maximum or 0)
    adjustment = Gtk.Adjustment(
        lower=low, upper=high, step_increment=step, page_increment=10 * step
    )
    _bind(config, setting, adjustment, "value")
    return adjustment


def _bind(config: Any, setting: Setting, widget: Any, name: str) -> None:
    config.bind_property(setting.option, widget, name, BOTH_WAYS)
