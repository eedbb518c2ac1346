"""One call of the filter, from what GIMP hands over to the new layer."""

from __future__ import annotations

import dataclasses
from typing import Any

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gimp, Gtk

import arguments
import installation
import source as sources
import style_image
import unfinished
import waiting_run
from installation import Installation
from layer_record import LayerRecord
from order import Order
from result_layer import ResultLayer
from source import Source
from unfinished import UnfinishedRun
from words import _


def run(procedure: Any, run_mode: Any, image: Any, drawables: list[Any], config: Any) -> Any:
    """The new layer; None if the person cancelled or discarded it.

    Raises:
        NeuralStyleError: with the sentence that the person or the script is shown.
        NotInstalled: as above, for an unfinished installation.
    """
    installed = installation.read()
    source = sources.find(image, drawables)
    windows = run_mode != Gimp.RunMode.NONINTERACTIVE and _has_display()
    if windows and run_mode == Gimp.RunMode.INTERACTIVE:
        import dialog

        waiting = unfinished.newest(installed.home)
        answer = dialog.ask(procedure, config, source, installed, waiting)
        if answer is dialog.Answer.FETCH and waiting is not None:
            return _fetched(waiting, installed, source)
        if answer is not dialog.Answer.PAINT:
            return None
    style = style_image.read(
        config.get_property(arguments.STYLE), config.get_property(arguments.STYLE_LAYER)
    )
    settings = arguments.settings_of(config)
    order = Order(sources.pixels(source), style.picture, settings)
    name = _("Neural Style: {style}, {strength:g} %").format(
        style=style.title, strength=settings.strength
    )
    record = LayerRecord(style.uri, settings)
    if windows:
        import run_window

        # The layer is there from the beginning, and is seen forming.
        result = ResultLayer(source, name, order.content, record)
        return run_window.run([run_window.Piece(order, result)], installed)
    picture = waiting_run.finished_picture(order, installed)
    result = ResultLayer(source, name, order.content, record)
    result.draw(picture, final=True)
    return result.layer


def _fetched(waiting: UnfinishedRun, installed: Installation, source: Source) -> Any:
    """The picture of a run that GIMP did not see the end of, in a layer above this one."""
    import run_window

    place = dataclasses.replace(
        source, x=0, y=0, width=waiting.width, height=waiting.height, selected=False
    )
    result = ResultLayer(place, waiting.name)
    return run_window.run([run_window.Piece(waiting, result)], installed)


def _has_display() -> bool:
    Gtk.init_check(None)
    return Gdk.Display.get_default() is not None
