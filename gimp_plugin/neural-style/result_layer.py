"""The new layer: made above its source, painted into while the picture forms."""

from __future__ import annotations

import os

from gi.repository import Gegl, Gimp

import scaling
import unfinished
from layer_record import LayerRecord
from neural_style_protocol.pixels import Picture
from source import Source
from unfinished import UnfinishedRun

MASK = "Y u16"


class ResultLayer:
    """The layer that a run paints into. No undo group is held open: one undo removes it."""

    def __init__(
        self,
        source: Source,
        name: str,
        alpha: Picture | None,
        record: LayerRecord | None,
        mask: bytes | None = None,
    ) -> None:
        """``alpha`` has 1 channel and the source's size; None for a layer without holes.

        A selected source gives the layer the selection as its mask; any other has ``mask``, of 16
        bits a pixel, if that is not None.
        """
        self._source = source
        self._record = record
        self._alpha = _alpha_by_dtype(alpha) if alpha is not None else {}
        self.alpha = alpha
        self.drawn = False
        self.layer = _insert(source, name, record, mask)

    def as_run(self, job: str, digest: str) -> UnfinishedRun:
        """What it takes to fetch ``job`` later, if this process does not see its end.

        ``digest`` is the content image's.
        """
        source, record = self._source, self._record
        _found, x, y = self.layer.get_offsets()
        return UnfinishedRun(
            job,
            self.layer.get_name(),
            source.width,
            source.height,
            os.getpid(),
            x=x,
            y=y,
            image_size=(source.image.get_width(), source.image.get_height()),
            style=record.style if record is not None else "",
            settings=record.settings.to_dict() if record is not None else {},
            alpha=self.alpha.dtype if self.alpha is not None else "",
            started=unfinished.start_of(os.getpid()),
            digest=digest,
        )

    def mask(self) -> bytes | None:
        """The layer's mask as it is now, 16 bits a pixel; None if it has none."""
        mask = self.layer.get_mask()
        if mask is None:
            return None
        return bytes(mask.get_buffer().get(_whole(mask), 1.0, MASK, Gegl.AbyssPolicy.NONE))

    @property
    def is_there(self) -> bool:
        """False once the person has deleted the layer or closed the image."""
        return bool(self._source.image.is_valid() and self.layer.is_valid())

    def draw(self, picture: Picture, *, final: bool) -> None:
        """Show ``picture``, of any size, in the layer. The source's alpha stays as it is.

        GIMP ends a plug-in that writes to a locked layer, so a preview is not drawn into one, and
        the final picture unlocks it.
        """
        if self.layer.get_lock_content():
            if not final:
                return
            self.layer.set_lock_content(False)
        source = self._source
        colours = scaling.without_alpha(picture)
        if not final:  # floats take ten times as long, and a preview is gone in a moment
            colours = scaling.in_bytes(colours)
        colours = scaling.scaled(colours, source.width, source.height, fine=final)
        whole = Gegl.Rectangle.new(0, 0, source.width, source.height)
        buffer = self.layer.get_buffer()
        if self._alpha:
            colours = self._with_alpha(colours)
        buffer.set(whole, scaling.colour_format(colours), colours.data)
        buffer.flush()
        self.layer.update(0, 0, source.width, source.height)
        self.drawn = True

    def remove(self) -> None:
        """Take the layer out of the image again."""
        if self.is_there:
            self._source.image.remove_layer(self.layer)

    def _with_alpha(self, colours: Picture) -> Picture:
        rgb = scaling.samples(colours.data, colours.dtype)
        alpha = scaling.samples(self._alpha[colours.dtype], colours.dtype)
        together = bytearray(len(colours.data) // 3 * 4)
        target = scaling.samples(together, colours.dtype)
        for channel in range(3):
            target[channel::4] = rgb[channel::3]
        target[3::4] = alpha
        return Picture.of(colours.width, colours.height, 4, bytes(together), colours.dtype)


def _alpha_by_dtype(alpha: Picture) -> dict[str, bytes]:
    """The source's alpha as it was at the start, in either sample type that may come back."""
    whole = Gegl.Rectangle.new(0, 0, alpha.width, alpha.height)
    own = f"A {scaling.SAMPLE_FORMATS[alpha.dtype]}"
    passage = Gegl.Buffer.new(own, 0, 0, alpha.width, alpha.height)
    passage.set(whole, own, alpha.data)
    return {
        dtype: passage.get(whole, 1.0, f"A {name}", Gegl.AbyssPolicy.NONE)
        for dtype, name in scaling.SAMPLE_FORMATS.items()
    }


def _insert(
    source: Source, name: str, record: LayerRecord | None, mask: bytes | None
) -> Gimp.Layer:
    image, below = source.image, source.layer
    layer = Gimp.Layer.new(
        image,
        name,
        source.width,
        source.height,
        below.type_with_alpha(),
        100.0,
        Gimp.LayerMode.NORMAL,
    )
    _found, offset_x, offset_y = below.get_offsets()
    layer.set_offsets(offset_x + source.x, offset_y + source.y)
    if source.selected:
        layer.add_mask(layer.create_mask(Gimp.AddMaskType.SELECTION))
    elif mask is not None:
        own = layer.create_mask(Gimp.AddMaskType.WHITE)
        layer.add_mask(own)
        buffer = own.get_buffer()
        buffer.set(_whole(own), MASK, mask)
        buffer.flush()
    if record is not None:
        record.attach_to(layer)
    image.insert_layer(layer, below.get_parent(), image.get_item_position(below))
    return layer


def _whole(drawable: Gimp.Drawable) -> Gegl.Rectangle:
    return Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
