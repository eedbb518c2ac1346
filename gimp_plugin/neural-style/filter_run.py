"""One call of the filter, from what GIMP hands over to the new layer."""

from __future__ import annotations

from typing import Any

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
from gi.repository import Gdk, Gimp

import arguments
import installation
import source as sources
import style_image
import waiting_run
from layer_record import LayerRecord
from order import Order
from result_layer import ResultLayer
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

        if not dialog.ask(procedure, config, source, installed):
            return None
    style_file = config.get_property(arguments.STYLE)
    settings = arguments.settings_of(config)
    order = Order(sources.pixels(source), style_image.read(style_file), settings)
    name = _("Neural Style: {style}, {strength:g} %").format(
        style=style_image.title(style_file), strength=settings.strength
    )
    record = LayerRecord(style_file.get_uri(), settings)
    if windows:
        import run_window

        # The layer is there from the beginning, and is seen forming.
        return run_window.run(order, installed, ResultLayer(source, order.content, name, record))
    picture = waiting_run.finished_picture(order, installed)
    result = ResultLayer(source, order.content, name, record)
    result.draw(picture, final=True)
    return result.layer


def _has_display() -> bool:
    return Gdk.Display.open(Gdk.get_display_arg_name() or "") is not None
