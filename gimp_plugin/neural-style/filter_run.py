"""One call of the filter, from what GIMP hands over to the new layers."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gimp, Gio, Gtk

import arguments
import installation
import scaling
import source as sources
import style_image
import unfinished
import waiting_run
from installation import Installation
from layer_record import LayerRecord
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.settings import Settings
from order import Order, digest_of
from result_layer import ResultLayer
from source import Source
from unfinished import UnfinishedRun
from words import _


class DialogClosed(Exception):
    """The person left the dialog without asking for a picture."""


def run(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
) -> Gimp.Layer | None:
    """The new layer, the first of several; None if the person discarded it.

    Raises:
        DialogClosed: there is nothing to be done.
        NeuralStyleError: with the sentence that the person or the script is shown.
        NotInstalled: as above, for an unfinished installation.
    """
    installed = installation.read()
    found = sources.find(image, drawables)
    windows = run_mode != Gimp.RunMode.NONINTERACTIVE and _has_display()
    if windows and run_mode == Gimp.RunMode.INTERACTIVE:
        import dialog

        answer = dialog.ask(procedure, config, found, installed)
        if isinstance(answer, UnfinishedRun):
            return _fetched(answer, installed, found[0])
        if not answer:
            raise DialogClosed
    style = style_image.read(
        config.get_property(arguments.STYLE), config.get_property(arguments.STYLE_LAYER)
    )
    settings = arguments.settings_of(config)
    name = _("{style}, {strength:g} % (Neural Style)").format(
        style=style.title, strength=settings.strength
    )
    record = LayerRecord(style.uri, settings)
    orders = [Order(sources.pixels(source), style.picture, settings) for source in found]
    if windows:
        import run_window

        # The layers are there from the beginning, and are seen forming.
        results = _new_layers(image, found, orders, name, record)
        both = zip(orders, results, strict=True)
        pieces = [run_window.Piece(order, result, order) for order, result in both]
        return run_window.run(pieces, installed)
    pictures = [waiting_run.finished_picture(order, installed) for order in orders]
    results = _new_layers(image, found, orders, name, record)
    for result, picture in zip(results, pictures, strict=True):
        result.draw(picture, final=True)
    return results[0].layer


def _new_layers(
    image: Gimp.Image,
    found: Sequence[Source],
    orders: Sequence[Order],
    name: str,
    record: LayerRecord,
) -> list[ResultLayer]:
    """One above each source; one undo removes them all."""
    with _one_undo_step(image) if len(found) > 1 else contextlib.nullcontext():
        return [
            ResultLayer(source, name, scaling.alpha_of(order.content), record)
            for source, order in zip(found, orders, strict=True)
        ]


@contextlib.contextmanager
def _one_undo_step(image: Gimp.Image) -> Iterator[None]:
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()


def _fetched(run: UnfinishedRun, installed: Installation, source: Source) -> Gimp.Layer | None:
    """The picture of a run that GIMP did not see the end of, in a layer above this one."""
    import run_window

    x, y = 0, 0
    if run.image_size == (source.image.get_width(), source.image.get_height()):
        _found, left, top = source.layer.get_offsets()
        x, y = run.x - left, run.y - top
    place = dataclasses.replace(
        source, x=x, y=y, width=run.width, height=run.height, selected=False
    )
    record = None
    with contextlib.suppress(NeuralStyleError):
        if run.settings:
            record = LayerRecord(run.style, Settings.from_dict(run.settings))
    alpha, mask = unfinished.alpha_of(installed.home, run), unfinished.mask_of(installed.home, run)
    again = _order_again(run, place, record)
    result = ResultLayer(place, run.name, alpha, record, mask)
    return run_window.run([run_window.Piece(run, result, again)], installed)


def _order_again(run: UnfinishedRun, place: Source, record: LayerRecord | None) -> Order | None:
    """What the run was begun with, to paint its picture further; None if it is not at hand.

    Its style image must be a file that is still there, and the layer still the one that it painted.
    """
    if record is None or not record.style:
        return None
    content = sources.pixels(place)
    if digest_of(content) != run.digest:
        return None
    with contextlib.suppress(NeuralStyleError):
        style = style_image.read(Gio.File.new_for_uri(record.style), None)
        return Order(content, style.picture, record.settings)
    return None


def _has_display() -> bool:
    Gtk.init_check(None)
    return Gdk.Display.get_default() is not None
