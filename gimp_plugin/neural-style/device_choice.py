"""The graphics cards that the daemon tells of, in the list of the setting *Device*."""

from __future__ import annotations

from collections.abc import Sequence

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GObject, Gtk

from neural_style_protocol.daemon_messages import CardLine
from sentences import card_text
from words import _

DEVICE = "device"
TEXT, VALUE = 0, 1
"""The columns of GTK's list of texts."""


class DeviceChoice:
    """Adds the cards to ``combo``, which is bound to *Device* in ``config``.

    A card that was chosen before is in the list from the start, by the setting's value.
    """

    def __init__(self, config: GObject.Object, combo: Gtk.ComboBoxText) -> None:
        self._config, self._combo = config, combo
        config.connect(f"notify::{DEVICE}", lambda *_: self._show_chosen())
        self._show_chosen()

    def take_cards(self, cards: Sequence[CardLine]) -> None:
        """Show these cards, and what is free on each."""
        for card in cards:
            self._show(card.device, card_text(card))

    def _show_chosen(self) -> None:
        chosen = self._config.get_property(DEVICE)
        if chosen not in self._values():
            self._show(chosen, _("Graphics card {device}").format(device=chosen))

    def _show(self, device: str, text: str) -> None:
        values = self._values()
        if device in values:  # a row that is replaced would be chosen no more
            row = self._combo.get_model()[values.index(device)]
            if row[TEXT] != text:
                row[TEXT] = text
            return
        self._combo.append(device, text)
        if device == self._config.get_property(DEVICE):
            self._combo.set_active_id(device)

    def _values(self) -> list[str]:
        return [row[VALUE] for row in self._combo.get_model()]
