"""The originals of painted layers: what is painted again, and what an adjusted layer shows."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from gi.repository import Gimp

import layer_record
import source as sources
from neural_style_protocol.errors import InputError
from source import Source
from words import _


@dataclass(frozen=True)
class SourceChoice:
    """Something that can be painted: its name for the user, and a source for each new layer."""

    label: str
    sources: tuple[Source, ...]


def choices(image: Gimp.Image, drawables: Sequence[Gimp.Drawable]) -> list[SourceChoice]:
    """What can be painted: the originals of painted layers first, then the layers themselves.

    Raises:
        InputError: there is no layer that can be painted.
    """
    own = sources.find(image, drawables)
    themselves = _layers_themselves(own)
    above: dict[Gimp.Layer, Gimp.Layer] = {}
    for source in own:
        above.setdefault(_original_layer(source.layer) or source.layer, source.layer)
    if all(original == painted for original, painted in above.items()):
        return [themselves]
    with contextlib.suppress(InputError):  # a selection may lie beside an original
        found = sources.find(image, list(above))
        originals = tuple(dataclasses.replace(it, above=above[it.layer]) for it in found)
        return [_originals(originals), themselves]
    return [themselves]


def originals_of(layers: Sequence[Gimp.Layer]) -> SourceChoice:
    """The parts of the originals that the painted ``layers`` show, in the same order.

    Raises:
        InputError: a layer was not painted, or its original is gone or of another shape.
    """
    return _originals(tuple(_original(layer) for layer in layers))


def has_original(layer: Gimp.Layer) -> bool:
    """Whether :func:`originals_of` knows the original of ``layer``."""
    with contextlib.suppress(InputError):
        return bool(_original(layer))
    return False


def _original(layer: Gimp.Layer) -> Source:
    record, original = layer_record.read_from(layer), _original_layer(layer)
    if record is None or record.original is None or original is None:
        raise InputError(
            "“{name}” was not painted by Neural Style, or its original is gone.",
            next_step="Select a painted layer whose original is still in the image.",
            name=layer.get_name(),
        )
    part = record.original
    x, y, width, height = part.x, part.y, part.width, part.height
    if (width, height) != (layer.get_width(), layer.get_height()):  # the image has been scaled
        _found, left, top = original.get_offsets()
        _found, x, y = layer.get_offsets()
        x, y, width, height = x - left, y - top, layer.get_width(), layer.get_height()
    if min(x, y) < 0 or x + width > original.get_width() or y + height > original.get_height():
        raise InputError(
            "“{name}” is not a part of its original any more.",
            next_step="Paint the original again.",
            name=layer.get_name(),
        )
    return Source(layer.get_image(), original, x, y, width, height, False, layer, in_place=True)


def _original_layer(layer: Gimp.Layer) -> Gimp.Layer | None:
    """The layer from which ``layer`` was painted; None if it is gone, or not known."""
    record = layer_record.read_from(layer)
    if record is None or record.original is None:
        return None
    image, name = layer.get_image(), record.original.name
    by_number = image.get_layer_by_tattoo(record.original.tattoo)
    if by_number is not None and by_number != layer and by_number.get_name() == name:
        return by_number
    by_name = image.get_layer_by_name(name)  # in a copy of the image
    return next((it for it in (by_name, by_number) if it is not None and it != layer), None)


def _originals(found: tuple[Source, ...]) -> SourceChoice:
    if len(found) > 1:
        return SourceChoice(_("the originals of these layers"), found)
    name = found[0].layer.get_name()
    return SourceChoice(_("original “{name}”").format(name=name), found)


def _layers_themselves(found: Sequence[Source]) -> SourceChoice:
    if len(found) > 1:
        return SourceChoice(_("these layers"), tuple(found))
    name = found[0].layer.get_name()
    return SourceChoice(_("layer “{name}”").format(name=name), tuple(found))
