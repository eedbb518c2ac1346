"""A new image for a fetched picture, whose own image is not the one that is open."""

from __future__ import annotations

from collections.abc import Callable

from gi.repository import Gimp

from source import Source
from unfinished import UnfinishedRun


def with_picture(
    run: UnfinishedRun, fetch: Callable[[Source, Callable[[], None]], Gimp.Layer | None]
) -> Gimp.Layer | None:
    """Make an image of the size of the run's layer, and let ``fetch`` put the picture into it.

    Args:
        fetch: makes the picture's layer above the source, calls the function when it is there, and
            returns the layer, or None if the user has discarded it. Then there is no image either.
    """
    source = _empty_source(run)
    displays: list[Gimp.Display] = []
    try:
        return fetch(source, lambda: displays.append(_shown(source)))
    finally:
        if not displays:
            source.image.delete()
        elif source.image.is_valid() and not source.image.get_layers():
            displays[0].delete()  # and the image with it


def _empty_source(run: UnfinishedRun) -> Source:
    """An empty layer in a new image, which is removed when the picture's layer is there."""
    eight, more = Gimp.Precision.U8_NON_LINEAR, Gimp.Precision.U16_NON_LINEAR
    size = run.width, run.height
    precision = eight if run.eight_bits else more
    image = Gimp.Image.new_with_precision(*size, Gimp.ImageBaseType.RGB, precision)
    image.undo_disable()
    kind = Gimp.ImageType.RGBA_IMAGE if run.alpha else Gimp.ImageType.RGB_IMAGE
    layer = Gimp.Layer.new(image, "empty", *size, kind, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    return Source(image, layer, 0, 0, *size, False)


def _shown(source: Source) -> Gimp.Display:
    """The window of the image, from which the empty layer is gone."""
    source.image.remove_layer(source.layer)
    source.image.undo_enable()
    return Gimp.Display.new(source.image)
