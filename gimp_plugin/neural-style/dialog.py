"""The dialog: a live preview, which style, how strong, and the rest folded away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("GimpUi", "3.0")
from gi.repository import GimpUi, Gio, Gtk

import arguments
import layer_record
import path_list
import recent_styles
import style_drop
import unfinished
from controls import Control, Mnemonics, control_for
from installation import Installation
from layer_record import LayerRecord
from live_preview import Labels as PreviewLabels
from live_preview import LivePreview
from neural_style_protocol.settings import SCHEMA
from offer_bar import OfferBar
from source import Source
from style_chooser import Labels, StyleChooser
from style_layer_row import StyleLayerRow
from unfinished import UnfinishedRun
from words import _

ROLE = "neural-style"
CANCEL = Gtk.ResponseType.CANCEL
CONTROLS_HEIGHT = 270


def ask(
    procedure: Any, config: Any, found: Sequence[Source], installed: Installation
) -> UnfinishedRun | bool:
    """Let the person change ``config``; whether to paint, or the earlier run to be fetched."""
    GimpUi.init(ROLE)
    # GIMP's own frame: Reset, saved settings and last-used values behave as in every filter.
    window = GimpUi.ProcedureDialog.new(procedure, config, _("Neural Style"))
    mnemonics = Mnemonics()
    window.set_ok_label(mnemonics.mark(_("Paint")))
    before, split, zoom = (mnemonics.mark(t) for t in (_("Before"), _("Split"), _("100 %")))
    column = _settings_column(config, found[0], installed, mnemonics)
    estimate = Gtk.Label(xalign=0.0, wrap=True, max_width_chars=40)
    column.pack_start(estimate, False, False, 0)
    fetching: list[UnfinishedRun] = []

    def fetch(run: UnfinishedRun) -> None:
        fetching.append(run)
        window.response(CANCEL)

    seldom = Mnemonics.for_actions()
    forget, get = (seldom.mark(text) for text in (_("Forget it"), _("Get it now")))
    offer = OfferBar(unfinished.waiting(installed.home), installed.home, (get, forget), fetch)
    preview = LivePreview(
        config,
        found[0],
        installed,
        PreviewLabels(before, split, zoom, again=seldom.mark(_("Try again"))),
        on_estimate=lambda text: estimate.set_text(_for_each(text, len(found))),
        on_client=offer.take_client,
    )
    columns = Gtk.Box(spacing=18)
    columns.set_border_width(12)
    columns.pack_start(preview, True, True, 0)
    columns.pack_start(column, True, True, 0)
    columns.show_all()
    style_drop.accept_on(columns, config)
    area = window.get_content_area()
    for widget in (columns, _several_layers(found), offer):  # the last one on top
        area.pack_start(widget, widget is columns, True, 0)
        area.reorder_child(widget, 0)
    _need_style(window, config)
    try:
        accepted = bool(window.run())
    finally:
        preview.close()
        window.destroy()
    if fetching:
        return fetching[0]
    _remember(config, installed, accepted)
    return accepted


def _several_layers(found: Sequence[Source]) -> Any:
    """What happens to several layers, and which of them the preview shows; hidden for one."""
    text = _("{count} layers are painted, one after another. The preview shows “{name}”.")
    words = text.format(count=len(found), name=found[0].layer.get_name())
    label = Gtk.Label(label=words, wrap=True, xalign=0.0, margin=12)
    label.set_visible(len(found) > 1)
    return label


def _for_each(estimate: str, layers: int) -> str:
    return estimate if layers == 1 else _("{estimate}, for each layer").format(estimate=estimate)


def _need_style(window: Any, config: Any) -> None:
    """There is nothing to paint with until a style image is chosen."""

    def update(*_arguments: Any) -> None:
        chosen = [config.get_property(n) for n in (arguments.STYLE, arguments.STYLE_LAYER)]
        window.set_response_sensitive(Gtk.ResponseType.OK, any(c is not None for c in chosen))

    config.connect("notify", update)
    update()


def _settings_column(
    config: Any, source: Source, installed: Installation, mnemonics: Mnemonics
) -> Any:
    # Those who open the dialog often know its letters, so what came later chooses last.
    from_file = mnemonics.mark(_("From file…"))
    from_layer = mnemonics.mark(_("From an open layer"))
    controls = _scrolled(_controls(config, mnemonics))
    favourite, folder = mnemonics.mark(_("Favourite")), mnemonics.mark(_("Folder…"))
    chooser = StyleChooser(config, installed.home, Labels(from_file, favourite, folder))
    column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=12)
    column.set_size_request(380, -1)
    title = Gtk.Label(label=f"<b>{_('Style image')}</b>", use_markup=True, xalign=0.0)
    column.pack_start(title, False, False, 0)
    column.pack_start(chooser, True, True, 0)
    layer_row = StyleLayerRow(config, from_layer)
    column.pack_start(layer_row, False, False, 0)
    column.pack_start(controls, False, False, 0)
    if (record := layer_record.read_from(source.layer)) is not None:
        button = _repeat_button(record, config, Mnemonics.for_actions())
        column.pack_start(button, False, False, 0)
    return column


def _controls(config: Any, mnemonics: Mnemonics) -> Any:
    """The plain settings, and the advanced ones folded away below them."""
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=12)
    plain = [control_for(s, config, mnemonics) for s in SCHEMA if not s.advanced]
    box.pack_start(_grid(plain), False, False, 0)
    expander = Gtk.Expander.new_with_mnemonic(mnemonics.mark(_("Advanced")))
    grid = _grid([control_for(s, config, mnemonics) for s in SCHEMA if s.advanced])
    grid.set_margin_start(12)
    grid.set_margin_top(6)
    expander.add(grid)
    box.pack_start(expander, False, False, 0)
    return box


def _scrolled(content: Any) -> Any:
    """``content`` at its own height, up to what a small screen has room for."""
    window = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
    window.set_propagate_natural_height(True)
    window.set_max_content_height(CONTROLS_HEIGHT)
    window.add(content)
    return window


def _repeat_button(record: LayerRecord, config: Any, mnemonics: Mnemonics) -> Any:
    button = Gtk.Button.new_with_mnemonic(mnemonics.mark(_("Settings of this layer")))
    button.set_tooltip_text(_("Take the style image and the settings that this layer has."))

    def take(_button: Any) -> None:
        arguments.apply(record.settings, config)
        if record.style:
            config.set_property(arguments.STYLE, Gio.File.new_for_uri(record.style))

    button.connect("clicked", take)
    return button


def _grid(controls: list[Control]) -> Any:
    grid = Gtk.Grid(column_spacing=12, row_spacing=8)
    for row, control in enumerate(controls):
        if control.label is not None:
            grid.attach(control.label, 0, row, 1, 1)
        if control.unit:
            grid.attach(control.widget, 1, row, 1, 1)
            grid.attach(Gtk.Label(label=control.unit, xalign=0.0, hexpand=True), 2, row, 1, 1)
        else:
            grid.attach(control.widget, 1, row, 2, 1)
    return grid


def _remember(config: Any, installed: Installation, accepted: bool) -> None:
    file = config.get_property(arguments.STYLE)
    layer = config.get_property(arguments.STYLE_LAYER)
    if accepted and layer is None and file is not None and file.get_path():
        recent_styles.remember(installed.home, path_list.chosen_path(file.get_path()))
