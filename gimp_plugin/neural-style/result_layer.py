"""The layer that shows the picture while it forms: a new one, or one that is painted anew."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from gi.repository import Gegl, Gimp

import image_title
import originals
import scaling
import source as sources
from layer_record import LayerRecord
from neural_style_protocol.pixels import Picture
from process_times import start_time
from source import Source
from unfinished import UnfinishedRun
from words import _

MASK = "Y u16"
THUMBNAIL_SIDE = 96


class ResultLayer:
    """The layer that a run paints into. No undo group stays open: one undo removes a new layer.

    While it forms, its pixels are locked, because each preview replaces them.

    Args:
        source: what is painted; the layer has its size.
        layer: the layer, whose pixels are not written yet.
        alpha: 1 channel, of the source's size; None for an opaque layer.
        record: how it is painted.

    Attributes:
        drawn: whether a picture has been drawn.
        is_complete: whether the last picture was a final one.
    """

    def __init__(
        self,
        source: Source,
        layer: Gimp.Layer,
        alpha: Picture | None,
        record: LayerRecord | None,
    ) -> None:
        self._source = source
        self._record = record
        self._alpha = _alpha_by_dtype(alpha) if alpha is not None else {}
        self.layer = layer
        self.alpha = alpha
        self.drawn = False
        self.is_complete = False

    def unfinished_run(self, job: str, digest: str) -> UnfinishedRun:
        """The record with which ``job`` can be fetched later, if this process ends before it.

        ``digest`` is that of the content image.
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
            mix=record.mix if record is not None else "",
            original=record.words["original"] if record is not None else None,
            alpha=self.alpha.dtype if self.alpha is not None else "",
            started=start_time(os.getpid()),
            digest=digest,
            image_name=image_title.title_of(source.image),
            image_uri=image_title.uri_of(source.image),
            eight_bits=source.image.get_precision() in sources.EIGHT_BITS,
        )

    def thumbnail(self) -> bytes | None:
        """A small picture of the source, as a PNG file; None if there is none any more."""
        source = self._source
        if not (source.image.is_valid() and source.layer.is_valid()):
            return None
        small = scaling.pixbuf(sources.reduced(source, THUMBNAIL_SIDE))
        found, data = small.save_to_bufferv("png", [], [])
        return bytes(data) if found else None

    def mask(self) -> bytes | None:
        """The layer's current mask, 16 bits a pixel; None if it has none."""
        return mask_of(self.layer)

    @property
    def has_image(self) -> bool:
        """False if the user has closed the image."""
        return bool(self._source.image.is_valid())

    @property
    def image_name(self) -> str:
        """The image's name, for the user."""
        return str(self._source.image.get_name())

    @property
    def exists(self) -> bool:
        """False if the layer was deleted, perhaps by an undo; a redo brings it back."""
        return self.has_image and bool(self.layer.is_valid())

    @property
    def can_be_adjusted(self) -> bool:
        """Whether the layer can be painted anew with other settings."""
        return self.exists and originals.has_original(self.layer)

    @property
    def has_before(self) -> bool:
        """Whether there is a finished picture in the layer that comes back with :meth:`remove`."""
        return False

    @property
    def about_undo(self) -> str:
        """What an undo does, for the user."""
        return _("Undo removes the layer.")

    def draw(self, picture: Picture, *, final: bool) -> None:
        """Draw ``picture``, of any size, in the layer. The layer keeps the source's alpha.

        Afterwards the layer is locked, unless the picture is the final one.
        """
        source = self._source
        colours = scaling.without_alpha(picture)
        if not final:  # floats take ten times as long, which a short-lived preview is not worth
            colours = scaling.in_bytes(colours)
        colours = scaling.scaled(colours, source.width, source.height, fine=final)
        if self._alpha:
            colours = self._with_alpha(colours)
        self._set_lock(False)
        if final:
            self._finish(colours)
        else:
            self._write(scaling.colour_format(colours), colours.data)
            self._set_lock(True)
        self.drawn, self.is_complete = True, final

    def settle(self) -> None:
        """Leave the layer to the user: nothing more is drawn.

        A layer without a picture is removed, and a picture before comes back, unless the new one is
        complete.
        """
        if not (self.is_complete or (self.drawn and not self.has_before)):
            self.remove()
        elif self.exists:
            self._set_lock(False)

    def remove(self) -> None:
        """Remove the layer from the image."""
        if self.exists:
            self._source.image.remove_layer(self.layer)

    def _finish(self, colours: Picture) -> None:
        self._write(scaling.colour_format(colours), colours.data)

    def _write(self, pixel_format: str, data: bytes) -> None:
        """Write the pixels, which is no undo step."""
        buffer = self.layer.get_buffer()
        buffer.set(_whole(self.layer), pixel_format, data)
        buffer.flush()
        self.layer.update(0, 0, self.layer.get_width(), self.layer.get_height())

    def _set_lock(self, locked: bool) -> None:
        """GIMP ends a plug-in that writes to a locked layer, so each picture unlocks it."""
        with no_undo_step(self._source.image):
            self.layer.set_lock_content(locked)

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
    """The source's alpha in both sample types, since the result may have either."""
    whole = Gegl.Rectangle.new(0, 0, alpha.width, alpha.height)
    own = f"A {scaling.SAMPLE_FORMATS[alpha.dtype]}"
    converter = Gegl.Buffer.new(own, 0, 0, alpha.width, alpha.height)
    converter.set(whole, own, alpha.data)
    return {
        dtype: converter.get(whole, 1.0, f"A {name}", Gegl.AbyssPolicy.NONE)
        for dtype, name in scaling.SAMPLE_FORMATS.items()
    }


def new_layer(
    source: Source,
    name: str,
    alpha: Picture | None,
    record: LayerRecord | None,
    mask: bytes | None = None,
) -> ResultLayer:
    """Create a layer above the source, locked.

    Args:
        source: the layer's mask is the selection if ``source.selected`` is set.
        alpha: 1 channel, of the source's size; None for an opaque layer.
        mask: the layer's mask without a selection, 16 bits a pixel; None for no mask.
    """
    return ResultLayer(source, insert(source, name, record, mask), alpha, record)


def mask_of(layer: Gimp.Layer) -> bytes | None:
    """The mask of ``layer``, 16 bits a pixel; None if it has none."""
    mask = layer.get_mask()
    if mask is None:
        return None
    return bytes(mask.get_buffer().get(_whole(mask), 1.0, MASK, Gegl.AbyssPolicy.NONE))


@contextlib.contextmanager
def no_undo_step(image: Gimp.Image) -> Iterator[None]:
    """Change ``image`` without an undo step."""
    image.undo_freeze()
    try:
        yield
    finally:
        image.undo_thaw()


def insert(
    source: Source, name: str, record: LayerRecord | None = None, mask: bytes | None = None
) -> Gimp.Layer:
    """Put an empty, locked layer above the source; the arguments are those of :func:`new_layer`."""
    image, below, neighbour = source.image, source.layer, source.above or source.layer
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
    if layer.get_mask() is not None:
        layer.set_edit_mask(False)  # the user goes on with the picture, not with the mask
    if record is not None:
        record.attach_to(layer)
    layer.set_lock_content(True)
    image.insert_layer(layer, neighbour.get_parent(), image.get_item_position(neighbour))
    return layer


def _whole(drawable: Gimp.Drawable) -> Gegl.Rectangle:
    return Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
