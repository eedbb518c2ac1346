"""Choose a layer of any open image as the style."""

from __future__ import annotations

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("GimpUi", "3.0")
from gi.repository import Gimp, GimpUi, Gtk

import arguments
from words import _


class StyleLayerRow(Gtk.Box):
    """A switch and GIMP's own list of all layers; sets the style layer of ``config``."""

    def __init__(self, config: Gimp.ProcedureConfig, text: str) -> None:
        super().__init__(spacing=8)
        self._config = config
        self._switch = Gtk.CheckButton.new_with_mnemonic(text)
        self._list = GimpUi.LayerComboBox.new(None)
        for part in (self._switch, self._list):
            part.set_tooltip_text(_("Paint with a layer of any open image."))
        self._list.get_accessible().set_name(_("Style layer"))
        self.pack_start(self._switch, False, False, 0)
        self.pack_start(self._list, True, True, 0)
        self._show()
        self._switch.connect("toggled", lambda _switch: self._take())
        # The list has its own connect(), which hides GObject's.
        self._list.connect_after("changed", lambda _list: self._take())
        config.connect(f"notify::{arguments.STYLE_LAYER}", lambda *_: self._show())

    def _take(self) -> None:
        found, item = self._list.get_active()
        wanted = self._switch.get_active() and found
        layer = Gimp.Layer.get_by_id(item) if wanted else None
        if layer != self._config.get_property(arguments.STYLE_LAYER):
            self._config.set_property(arguments.STYLE_LAYER, layer)

    def _show(self) -> None:
        layer = self._config.get_property(arguments.STYLE_LAYER)
        self._switch.set_active(layer is not None)
        self._list.set_sensitive(layer is not None)
        if layer is not None:
            self._list.set_active(layer.get_id())
