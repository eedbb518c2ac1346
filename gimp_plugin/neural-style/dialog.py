"""The dialog: a live preview, the style image, the strength, and the other settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("GimpUi", "3.0")
from gi.repository import Gimp, GimpUi, Gio, Gtk

import arguments
import canvas_layer
import image_of_run
import path_list
import recent_styles
import style_choice
import style_drop
import unfinished
from control_pane import ControlPane
from controls import Control, Mnemonics, control_for
from device_choice import DEVICE, DeviceChoice
from estimate_row import EstimateRow
from frames_switch import FramesSwitch
from grey_image import GreyBar
from installation import Installation
from jobs_watch import JobsWatch
from layer_record import LayerRecord
from live_preview import Labels as PreviewLabels
from live_preview import LivePreview
from mix_pane import Labels as MixLabels
from mix_pane import MixPane
from neural_style_protocol.client import Client
from neural_style_protocol.daemon_messages import Status
from neural_style_protocol.events import Estimate, NoEstimate
from neural_style_protocol.paths import Home
from neural_style_protocol.settings import SCHEMA
from originals import SourceChoice
from paint_guard import PaintGuard
from preview_slot import PreviewSlot
from queue_view import QueueView
from source import Source
from source_row import SourceRow
from style_chooser import Labels, StyleChooser, every_style
from style_layer_row import StyleLayerRow
from unfinished import Wanted
from unfinished_bar import Labels as OfferLabels
from unfinished_bar import UnfinishedBar
from words import _

ROLE = "neural-style"
CANCEL = Gtk.ResponseType.CANCEL
LARGE_SCREEN, LARGE_WINDOW = (1500, 960), (1240, 840)
SETTINGS_WIDTH = 466
LARGE_SLIDER = b"scale slider { min-width: 22px; min-height: 22px; } scale { min-height: 36px; }"


def ask(
    procedure: Gimp.Procedure,
    config: Gimp.ProcedureConfig,
    choices: Sequence[SourceChoice],
    installed: Installation,
    *,
    title: str,
    record: LayerRecord | None,
) -> Wanted | SourceChoice | None:
    """Let the user change ``config``, and choose what is painted; the first choice is the default.

    ``record`` is that of the selected layer, whose settings can be taken.

    Returns:
        What to paint, or an earlier run to fetch; None if the user closed the dialog.
    """
    GimpUi.init(ROLE)
    canvas_layer.remove_leftovers(choices[0].sources[0].image)
    # GIMP's own dialog, so that Reset, saved settings and last values work as in every filter.
    window = GimpUi.ProcedureDialog.new(procedure, config, title)
    window.set_ok_label(_("Paint"))  # so that the letter of GIMP's OK is free
    marked = _MarkedLabels.create(config, Mnemonics(window))
    window.set_ok_label(marked.paint)
    chosen = choices[0]
    estimate = EstimateRow(config, chosen.sources, marked.own_size)
    guard = PaintGuard(window, config, lambda: estimate.is_possible)
    fetching: list[Wanted] = []

    def fetch(wanted: Wanted) -> None:
        fetching.append(wanted)
        window.response(CANCEL)

    offer = UnfinishedBar(
        unfinished.orphaned(installed.home),
        installed.home,
        marked.offer,
        lambda run: image_of_run.belongs_above(run, chosen.sources[0]),
        fetch,
    )
    queue = QueueView(marked.queue, lambda: watch.client, lambda: watch.look())
    devices = DeviceChoice(config, marked.devices)

    def take_status(status: Status) -> None:
        devices.take_cards(status.cards)
        queue.take_workers(status.workers)

    watch = JobsWatch(offer.take_jobs, queue.take_jobs, take_status=take_status)

    def take_estimate(answer: Estimate | NoEstimate) -> bool:
        is_current = estimate.take(answer)
        guard.update()
        return is_current

    def take_client(client: Client) -> None:
        estimate.take_client(client)
        watch.take_client(client)

    def preview_of(source: Source) -> LivePreview:
        return LivePreview(
            config,
            source,
            installed,
            marked.preview,
            on_estimate=take_estimate,
            on_client=take_client,
        )

    preview = PreviewSlot(preview_of)
    frames = FramesSwitch(config, marked.frames)
    several = Gtk.Label(wrap=True, xalign=0.0, margin=12, no_show_all=True)

    def choose(choice: SourceChoice) -> None:
        nonlocal chosen
        chosen = choice
        several.set_text(_several_layers(choice.sources))
        several.set_visible(len(choice.sources) > 1)
        frames.show_sources(choice.sources)
        estimate.show_sources(choice.sources)
        preview.show_source(choice.sources[0])

    row = SourceRow(choices, choose)
    columns = _columns(config, row, chosen, record, installed.home, preview, marked, estimate)
    grey = GreyBar(chosen.sources[0].image, marked.convert, preview.show_pictures)
    choose(chosen)
    style_drop.accept_on(columns, config)
    area = window.get_content_area()
    for widget in (columns, queue, frames, several, grey, offer):  # the last one ends up on top
        area.pack_start(widget, widget is columns, True, 0)
        area.reorder_child(widget, 0)
    _open_large(window)
    try:
        while accepted := bool(window.run()):
            if (problem := guard.problem()) is None:
                break
            preview.show_error(problem)
    finally:
        watch.close()
        estimate.close()
        preview.close()
        window.destroy()
    if fetching:
        return fetching[0]
    _remember(config, installed, accepted)
    return chosen if accepted else None


def _open_large(window: Gtk.Window) -> None:
    """Open a large window if the screen is large."""
    monitor = window.get_display().get_primary_monitor() or window.get_display().get_monitor(0)
    room = monitor.get_workarea() if monitor is not None else None
    if room is not None and room.width >= LARGE_SCREEN[0] and room.height >= LARGE_SCREEN[1]:
        window.set_default_size(*LARGE_WINDOW)


def _several_layers(found: Sequence[Source]) -> str:
    """What happens to several layers."""
    text = _("{count} layers are painted, one after another. The preview shows “{name}”.")
    return text.format(count=len(found), name=found[0].layer.get_name())


def _columns(
    config: Gimp.ProcedureConfig,
    row: SourceRow,
    chosen: SourceChoice,
    record: LayerRecord | None,
    home: Home,
    preview: PreviewSlot,
    marked: _MarkedLabels,
    estimate: EstimateRow,
) -> Gtk.Box:
    """The picture with the strength below it, and everything else beside it."""
    left = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=12)
    left.pack_start(preview, True, True, 0)
    left.pack_start(_large(marked.controls["strength"]), False, False, 0)
    right = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8)
    right.set_size_request(SETTINGS_WIDTH, -1)
    right.set_hexpand(False)  # in a larger window, the picture grows
    right.pack_start(row, False, False, 0)
    right.pack_start(StyleChooser(config, home, marked.chooser), True, True, 0)
    painted = [source.layer for source in chosen.sources]
    right.pack_start(StyleLayerRow(config, marked.from_layer, painted), False, False, 0)
    right.pack_start(MixPane(config, marked.mix, lambda: every_style(home)), False, False, 0)
    plain, advanced = (
        [marked.controls[s.name] for s in SCHEMA if s.advanced is folded and s.name != "strength"]
        for folded in (False, True)
    )
    right.pack_start(ControlPane(plain, advanced, marked.advanced), False, False, 0)
    if record is not None:
        button = _repeat_button(record, config, marked.repeat)
        right.pack_start(button, False, False, 0)
    right.pack_start(estimate, False, False, 0)
    columns = Gtk.Box(spacing=18, border_width=12)
    columns.pack_start(left, True, True, 0)
    columns.pack_start(right, False, True, 0)
    columns.show_all()
    return columns


@dataclass(frozen=True)
class _MarkedLabels:
    """Labels and controls with their mnemonics."""

    paint: str
    preview: PreviewLabels
    chooser: Labels
    from_layer: str
    controls: Mapping[str, Control]
    advanced: str
    offer: OfferLabels
    repeat: str
    queue: str
    own_size: str
    mix: MixLabels
    convert: str
    frames: str

    @property
    def devices(self) -> Gtk.ComboBoxText:
        """The list of the setting *Device*."""
        combo = self.controls[DEVICE].widget
        assert isinstance(combo, Gtk.ComboBoxText)
        return combo

    @classmethod
    def create(cls, config: Gimp.ProcedureConfig, mnemonics: Mnemonics) -> _MarkedLabels:
        """Assign the mnemonics. Newer controls come last, so that users' known letters stay.

        If the letters run out, advanced settings have none.
        """
        mark, action = mnemonics.mark, mnemonics.mark_action
        paint, before, split, zoom = (
            mark(text) for text in (_("Paint"), _("Before"), _("Split"), _("100 %"))
        )
        controls = {s.name: control_for(s, config, mnemonics) for s in SCHEMA if not s.advanced}
        advanced = mark(_("Advanced"))
        from_file, title = mark(_("From file…")), mark(_("Style image"))
        from_layer = mark(_("From an open layer"))
        favourite, folder = mark(_("Favourite")), mark(_("Folder…"))
        forget, get = action(_("Forget it")), action(_("Get it now"))
        again, repeat = action(_("Try again")), action(_("Take this layer's settings"))
        as_new, into_this = action(_("As a new image")), action(_("Into this image"))
        queue = action(_("Queue"))
        paste, open_folder = mark(_("Paste")), mark(_("Open folder"))
        mix = MixLabels(mark(_("Mix with…")), mark(_("Part…")), _("From file…"))
        canvas = mark(_("Put on canvas"))
        own_size, convert = mark(_("Own size")), action(_("Convert to RGB"))
        frames = mark(_("Layers are frames"))
        controls |= {s.name: control_for(s, config, mnemonics) for s in SCHEMA if s.advanced}
        return cls(
            paint,
            PreviewLabels(before, split, zoom, canvas, again),
            Labels(title, from_file, paste, favourite, folder, open_folder),
            from_layer,
            controls,
            advanced,
            OfferLabels(get, as_new, into_this, forget),
            repeat,
            queue,
            own_size,
            mix,
            convert,
            frames,
        )


def _large(control: Control) -> Gtk.Box:
    """A row with a large slider, for the most used setting."""
    look = Gtk.CssProvider()
    look.load_from_data(LARGE_SLIDER)
    style = control.parts[0].get_style_context()
    style.add_provider(look, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)
    row = Gtk.Box(spacing=12)
    if control.label is not None:
        row.pack_start(control.label, False, False, 0)
    row.pack_start(control.widget, True, True, 0)
    return row


def _repeat_button(record: LayerRecord, config: Gimp.ProcedureConfig, label: str) -> Gtk.Button:
    button = Gtk.Button.new_with_mnemonic(label)
    button.set_tooltip_text(_("Take the style image and the settings that this layer has."))

    button.connect("clicked", lambda _button: take_settings(record, config))
    return button


def take_settings(record: LayerRecord, config: Gimp.ProcedureConfig) -> None:
    """Write what a layer was painted with into ``config``; a layer that was the style is gone."""
    arguments.apply(record.settings, config)
    if record.style:
        config.set_property(arguments.MIX, record.mix)
        config.set_property(arguments.STYLE, Gio.File.new_for_uri(record.style))
        config.set_property(arguments.STYLE_LAYER, None)


def _remember(config: Gimp.ProcedureConfig, installed: Installation, accepted: bool) -> None:
    """Put the styles first among those used lately; the first one of the mix comes first."""
    files = [style.file for style in style_choice.mix_of(config).styles[1:]]
    if config.get_property(arguments.STYLE_LAYER) is None:
        files.insert(0, config.get_property(arguments.STYLE))
    for file in reversed(files) if accepted else ():
        path = file.get_path() if file is not None else None
        if path:
            recent_styles.remember(installed.home, path_list.chosen_path(path))
