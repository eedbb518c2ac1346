"""A painted layer that is painted anew: its pixels are replaced in place, in one undo step."""

from __future__ import annotations

from gi.repository import Gegl, Gimp

import scaling
from layer_record import PARASITE, LayerRecord
from neural_style_protocol.pixels import Picture
from result_layer import ResultLayer
from source import Source
from words import _


class AdjustedLayer(ResultLayer):
    """The painted layer ``source.above``, named ``name`` when its new picture is finished.

    Its place, mask, opacity and mode stay. :meth:`remove` brings back what was there before.
    """

    def __init__(
        self, source: Source, name: str, alpha: Picture | None, record: LayerRecord
    ) -> None:
        assert source.above is not None
        super().__init__(source, source.above, alpha, record)
        self._name, self._old_name = name, self.layer.get_name()
        self._adjusted, self._old_record = record, self.layer.get_parasite(PARASITE)
        self._before = self.layer.get_buffer().dup()
        self._is_replaced = False
        self._set_lock(True)

    @property
    def has_before(self) -> bool:
        """Whether there is a finished picture in the layer that comes back with :meth:`remove`."""
        return not self._is_replaced

    @property
    def about_undo(self) -> str:
        """What an undo does, for the user."""
        if self.is_complete:
            return _("Undo brings back the picture before.")
        if not self.drawn:
            return ""
        return _("Discard brings back the picture before.")

    def remove(self) -> None:
        """Bring back the picture that was there before; once, as it may be painted on then."""
        if not self.exists:
            return
        self._set_lock(False)
        if self.drawn:
            self._put_back()
        if self._is_replaced and self._old_record is not None:
            self.layer.attach_parasite(self._old_record)
            self.layer.set_name(self._old_name)
        self.drawn = self.is_complete = False

    def _finish(self, colours: Picture) -> None:
        """Replace the pixels in one undo step; a picture painted further belongs to that step."""
        if self._is_replaced:
            super()._finish(colours)
            return
        image = self._source.image
        self._put_back()  # the undo step keeps what is there now
        image.undo_group_start()
        try:
            self._replace(colours)
            self._adjusted.attach_to(self.layer)
            self.layer.set_name(self._name)
        finally:
            image.undo_group_end()
        self._is_replaced = True

    def _replace(self, colours: Picture) -> None:
        """Write through the shadow buffer, which makes an undo step but respects a selection."""
        image, selected = self._source.image, None
        if not Gimp.Selection.is_empty(image):
            layers = image.get_selected_layers()
            selected = Gimp.Selection.save(image)
            Gimp.Selection.none(image)
        shadow = self.layer.get_shadow_buffer()
        shadow.set(self._whole, scaling.colour_format(colours), colours.data)
        shadow.flush()
        self.layer.merge_shadow(True)
        self.layer.update(0, 0, self._whole.width, self._whole.height)
        if selected is not None:
            image.select_item(Gimp.ChannelOps.REPLACE, selected)
            image.remove_channel(selected)
            image.set_selected_layers(layers)

    def _put_back(self) -> None:
        buffer = self.layer.get_buffer()
        self._before.copy(self._whole, Gegl.AbyssPolicy.NONE, buffer, self._whole)
        buffer.flush()
        self.layer.update(0, 0, self._whole.width, self._whole.height)

    @property
    def _whole(self) -> Gegl.Rectangle:
        return Gegl.Rectangle.new(0, 0, self.layer.get_width(), self.layer.get_height())
