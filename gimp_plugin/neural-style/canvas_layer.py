"""A layer that shows a preview in the image, and leaves no trace when it is gone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator

from gi.repository import Gegl, Gimp

import result_layer
import scaling
import source as sources
from process_times import is_running, start_time
from result_layer import ResultLayer
from source import Source
from words import _

MARK = "neural-style-preview"
"""The parasite by which a layer is known that a crash, or a save meanwhile, has left behind."""

LINE_SHARE = 500
"""The line is one of so many columns wide."""

COLOURS = "R'G'B'A u8"


class CanvasLayer(ResultLayer):
    """A layer above ``source`` with the preview to the right of a line; left of it is nothing.

    It is not selected, makes no undo step, and an image without changes stays so.
    """

    def __init__(self, source: Source) -> None:
        layer = _insert(source)
        alpha = scaling.alpha_of(sources.pixels(source)) if source.has_alpha else None
        super().__init__(source, layer, alpha, None)
        self._line = 0
        self._painted = Gegl.Buffer.new(COLOURS, 0, 0, source.width, source.height)

    def set_line(self, place: float) -> None:
        """Move the line to ``place``, in pixels from the left edge of the source."""
        line = min(max(0, round(place)), self._source.width)
        if line == self._line:
            return
        first, last = sorted((line, self._line))
        self._line = line
        if self.drawn and self.exists:
            self._show_columns(max(0, first - self._thickness), last)

    def remove(self) -> None:
        """Remove the layer."""
        if self.exists:
            with _without_trace(self._source.image):
                super().remove()
            Gimp.displays_flush()

    def _write(self, pixel_format: str, data: bytes) -> None:
        self._painted.set(self._columns(0, self._source.width), pixel_format, data)
        self._show_columns(0, self._source.width)

    def _set_lock(self, locked: bool) -> None:
        """A lock would be a change of the image."""

    @property
    def _thickness(self) -> int:
        return max(1, self._source.width // LINE_SHARE)

    def _show_columns(self, first: int, last: int) -> None:
        """Write these columns again: nothing, then the line, then the preview."""
        has_line = 0 < self._line < self._source.width
        edge = max(0, self._line - self._thickness) if has_line else self._line
        buffer = self.layer.get_buffer()
        for begin, end, colour in (
            (first, min(last, edge), b"\0\0\0\0"),
            (max(first, edge), min(last, self._line), b"\xff\xff\xff\xff"),
        ):
            if begin < end:
                pixels = colour * ((end - begin) * self._source.height)
                buffer.set(self._columns(begin, end), COLOURS, pixels)
        if max(first, self._line) < last:
            place = self._columns(max(first, self._line), last)
            self._painted.copy(place, Gegl.AbyssPolicy.NONE, buffer, place)
        buffer.flush()
        self.layer.update(first, 0, last - first, self._source.height)
        Gimp.displays_flush()

    def _columns(self, first: int, last: int) -> Gegl.Rectangle:
        return Gegl.Rectangle.new(first, 0, last - first, self._source.height)


def remove_leftovers(image: Gimp.Image) -> None:
    """Remove the preview layers of dialogs that have ended without doing so."""
    left = [layer for layer in _all_layers(image.get_layers()) if _is_left_behind(layer)]
    if left:
        with _without_trace(image):
            for layer in left:
                image.remove_layer(layer)
        Gimp.displays_flush()


def is_preview(layer: Gimp.Item) -> bool:
    """Whether ``layer`` is a preview."""
    return layer.get_parasite(MARK) is not None


def _is_left_behind(layer: Gimp.Layer) -> bool:
    parasite = layer.get_parasite(MARK)
    if parasite is None:
        return False
    pid, _space, started = bytes(parasite.get_data()).decode(errors="replace").partition(" ")
    return not (pid.isdigit() and is_running(int(pid), started))


def _all_layers(layers: Iterable[Gimp.Layer]) -> Iterator[Gimp.Layer]:
    for layer in layers:
        yield layer
        if isinstance(layer, Gimp.GroupLayer):
            yield from _all_layers(layer.get_children())


def _insert(source: Source) -> Gimp.Layer:
    image, pid = source.image, os.getpid()
    selected = image.get_selected_layers()
    owner = f"{pid} {start_time(pid)}".encode()
    with _without_trace(image):
        layer = result_layer.insert(source, _("Preview by Neural Style"), mask=_mask_of(source))
        layer.set_lock_content(False)
        if source.in_place and source.above is not None:
            layer.set_opacity(source.above.get_opacity())
            layer.set_mode(source.above.get_mode())
        layer.attach_parasite(Gimp.Parasite.new(MARK, Gimp.PARASITE_PERSISTENT, owner))
        image.set_selected_layers(selected)
    return layer


def _mask_of(source: Source) -> bytes | None:
    """The mask of a painting that is to be replaced; None if it has none."""
    painting = source.above if source.in_place else None
    return result_layer.mask_of(painting) if painting is not None else None


@contextlib.contextmanager
def _without_trace(image: Gimp.Image) -> Iterator[None]:
    """Change ``image`` without an undo step, and without making it one that is to be saved.

    One that is to be saved already stays so: its changes cannot be counted down.
    """
    is_clean = not image.is_dirty()
    try:
        with result_layer.no_undo_step(image):
            yield
    finally:
        if is_clean:
            image.clean_all()
