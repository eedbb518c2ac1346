"""One call of the filter, from GIMP's arguments to the new layers."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gimp, Gio, Gtk

import arguments
import installation
import new_image
import scaling
import source as sources
import style_image
import unfinished
import waiting_run
from image_title import title_of
from installation import Installation
from job_request import JobRequest, digest_of
from layer_record import LayerRecord
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.settings import Settings
from result_layer import ResultLayer
from source import Source
from unfinished import UnfinishedRun, Wanted
from words import _


class DialogClosed(Exception):
    """The user closed the dialog without painting."""


def run(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
) -> Gimp.Layer | None:
    """Run the filter; returns the first new layer, or None if the user discarded it.

    Raises:
        DialogClosed: the user closed the dialog.
        NeuralStyleError: the picture cannot be painted; has a sentence for the user or script.
        NotInstalled: the installation is incomplete; has such a sentence too.
    """
    installed = installation.read()
    source_list = sources.find(image, drawables)
    windows = run_mode != Gimp.RunMode.NONINTERACTIVE and _has_display()
    if windows and run_mode == Gimp.RunMode.INTERACTIVE:
        import dialog

        answer = dialog.ask(procedure, config, source_list, installed)
        if isinstance(answer, Wanted):
            return _fetched(answer, installed, source_list[0])
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
    requests = [
        JobRequest(sources.pixels(source), style.picture, settings, title=title_of(image))
        for source in source_list
    ]
    if windows:
        import run_window

        # The layers are created at the start, so that the user sees them form.
        results = _new_layers(image, source_list, requests, name, record)
        both = zip(requests, results, strict=True)
        layer_jobs = [run_window.LayerJob(request, result, request) for request, result in both]
        return run_window.run(layer_jobs, installed)
    pictures = [waiting_run.finished_picture(request, installed) for request in requests]
    results = _new_layers(image, source_list, requests, name, record)
    for result, picture in zip(results, pictures, strict=True):
        result.draw(picture, final=True)
    return results[0].layer


def _new_layers(
    image: Gimp.Image,
    source_list: Sequence[Source],
    requests: Sequence[JobRequest],
    name: str,
    record: LayerRecord,
) -> list[ResultLayer]:
    """Create a layer above each source; one undo removes them all."""
    with _one_undo_step(image) if len(source_list) > 1 else contextlib.nullcontext():
        return [
            ResultLayer(source, name, scaling.alpha_of(request.content), record)
            for source, request in zip(source_list, requests, strict=True)
        ]


@contextlib.contextmanager
def _one_undo_step(image: Gimp.Image) -> Iterator[None]:
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()


def _fetched(wanted: Wanted, installed: Installation, source: Source) -> Gimp.Layer | None:
    """Fetch the picture of an unfinished run, above ``source`` or into a new image."""
    if not wanted.as_new_image:
        return _fetched_above(source, wanted.run, installed)
    return new_image.with_picture(
        wanted.run, lambda new, show: _fetched_above(new, wanted.run, installed, show)
    )


def _fetched_above(
    source: Source,
    run: UnfinishedRun,
    installed: Installation,
    on_layer: Callable[[], None] = lambda: None,
) -> Gimp.Layer | None:
    """Fetch the picture of ``run`` into a new layer; ``on_layer`` is called when that is there."""
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
    again = _request_to_continue(run, place, record)
    result = ResultLayer(place, run.name, alpha, record, mask)
    on_layer()
    return run_window.run([run_window.LayerJob(run, result, again)], installed)


def _request_to_continue(
    run: UnfinishedRun, place: Source, record: LayerRecord | None
) -> JobRequest | None:
    """The request to paint the run's picture further; None if its inputs are gone.

    Its style image must be a file that still exists, and the layer must have the same pixels.
    """
    if record is None or not record.style:
        return None
    content = sources.pixels(place)
    if digest_of(content) != run.digest:
        return None
    with contextlib.suppress(NeuralStyleError):
        style = style_image.read(Gio.File.new_for_uri(record.style), None)
        return JobRequest(content, style.picture, record.settings)
    return None


def _has_display() -> bool:
    Gtk.init_check(None)
    return Gdk.Display.get_default() is not None
