"""Choose a layer of any open image as the style."""

from __future__ import annotations

from collections.abc import Collection

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("GimpUi", "3.0")
from gi.repository import Gimp, GimpUi, Gtk

import arguments
import canvas_layer
import style_choice
from words import _


class StyleLayerRow(Gtk.Box):
    """A switch and GIMP's own list of layers; sets the style layer of ``config``.

    The ``painted`` layers are not offered: in its own style, a layer stays as it is.
    """

    def __init__(
        self, config: Gimp.ProcedureConfig, text: str, painted: Collection[Gimp.Layer]
    ) -> None:
        super().__init__(spacing=8)
        self._config = config
        self._switch = Gtk.CheckButton.new_with_mnemonic(text)
        taken = {layer.get_id() for layer in painted}
        self._list = GimpUi.LayerComboBox.new(
            lambda _image, item: item.get_id() not in taken and not canvas_layer.is_preview(item)
        )
        for part in (self._switch, self._list):
            part.set_tooltip_text(_("Paint with a layer of any open image."))
        self._list.get_accessible().set_name(_("Style layer"))
        self.pack_start(self._switch, False, False, 0)
        self.pack_start(self._list, True, True, 0)
        self._forget_painted(taken)
        self._show()
        self._switch.connect("toggled", lambda _switch: self._take())
        # The list has its own connect(), which hides GObject's.
        self._list.connect_after("changed", lambda _list: self._on_changed())
        config.connect(f"notify::{arguments.STYLE_LAYER}", lambda *_: self._show())

    def _forget_painted(self, taken: Collection[int]) -> None:
        """The last call may have taken its style from a layer that is painted now."""
        chosen = self._config.get_property(arguments.STYLE_LAYER)
        if chosen is not None and chosen.get_id() in taken:
            style_choice.choose_layer(self._config, None)

    def _on_changed(self) -> None:
        self._take()
        self._show()

    def _take(self) -> None:
        found, item = self._list.get_active()
        wanted = self._switch.get_active() and found
        layer = Gimp.Layer.get_by_id(item) if wanted else None
        if layer != self._config.get_property(arguments.STYLE_LAYER):
            style_choice.choose_layer(self._config, layer)

    def _show(self) -> None:
        layer = self._config.get_property(arguments.STYLE_LAYER)
        self._switch.set_active(layer is not None)
        self._switch.set_sensitive(layer is not None or self._list.get_active()[0])
        self._list.set_sensitive(layer is not None)
        if layer is not None:
            self._list.set_active(layer.get_id())
