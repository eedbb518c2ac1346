"""One call of the filter or of its adjustment, from GIMP's arguments to the painted layers."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gimp, Gio, Gtk

import animation
import arguments
import image_of_run
import installation
import layer_record
import new_image
import originals
import result_layer
import scaling
import source as sources
import style_mix
import unfinished
import waiting_run
from adjusted_layer import AdjustedLayer
from animation import AnimationFrame
from chosen_styles import ChosenStyles, names_of
from image_title import title_of
from installation import Installation
from job_request import JobRequest, digest_of
from layer_job import LayerJob
from layer_record import LayerRecord, Original
from neural_style_protocol.errors import NeuralStyleError
from originals import SourceChoice
from result_layer import ResultLayer
from source import Source
from unfinished import UnfinishedRun, Wanted
from words import _


class DialogClosed(Exception):
    """The user closed the dialog without painting."""


@dataclass(frozen=True)
class _Call:
    """What stays the same during one call of a procedure."""

    procedure: Gimp.Procedure
    config: Gimp.ProcedureConfig
    installed: Installation
    has_windows: bool


def run(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
) -> Gimp.Layer | None:
    """Run the filter; returns the first new layer, or None if the user discarded it.

    A script paints the layers that it names. A user who repeats the filter on a painted layer means
    its original.

    Raises:
        DialogClosed: the user closed the dialog.
        NeuralStyleError: the picture cannot be painted; has a sentence for the user or script.
        NotInstalled: the installation is incomplete; has such a sentence too.
    """
    call = _call(procedure, run_mode, config)
    choices = originals.choices(image, drawables)
    chosen = choices[-1] if run_mode == Gimp.RunMode.NONINTERACTIVE else choices[0]
    if call.has_windows and run_mode == Gimp.RunMode.INTERACTIVE:
        import dialog

        selected = choices[-1].sources[0]
        record = layer_record.read_from(selected.layer)
        title = _("Neural Style")
        answer = dialog.ask(procedure, config, choices, call.installed, title=title, record=record)
        if isinstance(answer, Wanted):
            return _fetched(call, answer, selected)
        if answer is None:
            raise DialogClosed
        chosen = answer
    return _painted(call, chosen, _new_layers)


def adjust(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
) -> Gimp.Layer | None:
    """Paint painted layers anew and in place; returns the first one.

    The dialog begins with the settings of the first layer.

    Raises:
        DialogClosed, NeuralStyleError, NotInstalled: as in :func:`run`.
    """
    call = _call(procedure, run_mode, config)
    layers = sources.layers_of(drawables)
    if call.has_windows and run_mode == Gimp.RunMode.INTERACTIVE:
        return _adjusted(call, layers)
    return _painted(call, originals.originals_of(layers), _adjusted_layers)


def _adjusted(call: _Call, layers: Sequence[Gimp.Layer]) -> Gimp.Layer | None:
    """Ask for new settings for painted ``layers``, and paint them anew."""
    import dialog

    found = originals.originals_of(layers)
    record = layer_record.read_from(layers[0])
    if record is not None:
        dialog.take_settings(record, call.config)
    title = _("Adjust the painting")
    answer = dialog.ask(
        call.procedure, call.config, [found], call.installed, title=title, record=None
    )
    if isinstance(answer, Wanted):
        return _fetched(call, answer, found.sources[0])
    if answer is None:
        raise DialogClosed
    return _painted(call, answer, _adjusted_layers)


def _painted(call: _Call, chosen: SourceChoice, layers_for: _LayersFor) -> Gimp.Layer | None:
    """Paint what was chosen, into the layers of ``layers_for``."""
    config = call.config
    chosen_styles = ChosenStyles.of(config)
    images = chosen_styles.read()
    settings = arguments.settings_of(config)
    name = _("{style}, {strength:g} % (Neural Style)").format(
        style=names_of(images), strength=settings.strength
    )
    record = LayerRecord(images[0].uri, settings, mix=chosen_styles.mix.text)
    styles = chosen_styles.weighed(images)
    title = title_of(chosen.sources[0].image)
    painted: Sequence[Source] = chosen.sources
    if config.get_property(arguments.FRAMES) and len(painted) > 1 and layers_for is _new_layers:
        frames = animation.frames_of(painted)
        painted, layers_for = [frame.source for frame in frames], _layers_for_frames(frames)
        requests = [
            JobRequest(frame.picture, styles, settings, title=title, is_frame=True)
            for frame in frames
        ]
    else:
        requests = [
            JobRequest(sources.pixels(source), styles, settings, title=title) for source in painted
        ]
    if call.has_windows:
        # The layers are created at the start, so that the user sees them form.
        results = layers_for(painted, requests, name, record)
        both = zip(requests, results, strict=True)
        return _watched(call, [LayerJob(request, result, request) for request, result in both])
    with waiting_run.progress_bar():
        pictures = waiting_run.finished_pictures(requests, call.installed)
    results = layers_for(painted, requests, name, record)
    for result, picture in zip(results, pictures, strict=True):
        result.draw(picture, final=True)
    return results[0].layer


def _watched(call: _Call, layer_jobs: Sequence[LayerJob]) -> Gimp.Layer | None:
    """Run the jobs with a window, and adjust their layers afterwards if the user wants that."""
    import run_window

    end = run_window.run(layer_jobs, call.installed)
    if end.to_adjust:
        with contextlib.suppress(DialogClosed):
            return _adjusted(call, end.to_adjust)
    return end.layer


def _new_layers(
    source_list: Sequence[Source], requests: Sequence[JobRequest], name: str, record: LayerRecord
) -> list[ResultLayer]:
    """Create a layer above each source; one undo removes them all."""
    several = len(source_list) > 1
    with _one_undo_step(source_list[0].image) if several else contextlib.nullcontext():
        return [
            result_layer.new_layer(
                source, name, scaling.alpha_of(request.content), _with_original(record, source)
            )
            for source, request in zip(source_list, requests, strict=True)
        ]


def _layers_for_frames(frames: Sequence[AnimationFrame]) -> _LayersFor:
    """Makes the layers of painted frames: above all frames, in their order, and with their tags.

    They are no paintings of one layer, so they cannot be adjusted one by one.
    """

    def layers(
        source_list: Sequence[Source],
        requests: Sequence[JobRequest],
        name: str,
        record: LayerRecord,
    ) -> list[ResultLayer]:
        with _one_undo_step(source_list[0].image):
            # Each goes right above the frames, so the last one comes first.
            made = [
                result_layer.new_layer(
                    frame.source,
                    f"{name} {frame.tags}".strip(),
                    scaling.alpha_of(request.content),
                    record,
                )
                for frame, request in zip(reversed(frames), reversed(requests), strict=True)
            ]
        return made[::-1]

    return layers


def _adjusted_layers(
    source_list: Sequence[Source], requests: Sequence[JobRequest], name: str, record: LayerRecord
) -> list[ResultLayer]:
    """The painted layers above the sources, to be painted anew."""
    return [
        AdjustedLayer(
            source, name, scaling.alpha_of(request.content), _with_original(record, source)
        )
        for source, request in zip(source_list, requests, strict=True)
    ]


_LayersFor: TypeAlias = Callable[
    [Sequence[Source], Sequence[JobRequest], str, LayerRecord], list[ResultLayer]
]


def _with_original(record: LayerRecord, source: Source) -> LayerRecord:
    layer = source.layer
    part = (source.x, source.y, source.width, source.height)
    original = Original(layer.get_tattoo(), layer.get_name(), *part)
    return dataclasses.replace(record, original=original)


@contextlib.contextmanager
def _one_undo_step(image: Gimp.Image) -> Iterator[None]:
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()


def _fetched(call: _Call, wanted: Wanted, source: Source) -> Gimp.Layer | None:
    """Fetch the picture of an unfinished run, above ``source`` or into a new image."""
    if not wanted.as_new_image:
        return _fetched_above(call, source, wanted.run)
    return new_image.with_picture(
        wanted.run, lambda new, show: _fetched_above(call, new, wanted.run, show)
    )


def _fetched_above(
    call: _Call, source: Source, run: UnfinishedRun, on_layer: Callable[[], None] = lambda: None
) -> Gimp.Layer | None:
    """Fetch the picture of ``run`` into a new layer; ``on_layer`` is called when that is there."""
    x, y = 0, 0
    if run.image_size == (source.image.get_width(), source.image.get_height()):
        _found, left, top = source.layer.get_offsets()
        x, y = run.x - left, run.y - top
    place = dataclasses.replace(
        source, x=x, y=y, width=run.width, height=run.height, selected=False
    )
    record = _record_of(run, source)
    home = call.installed.home
    alpha, mask = unfinished.alpha_of(home, run), unfinished.mask_of(home, run)
    again = _request_to_continue(run, place, record)
    result = result_layer.new_layer(place, run.name, alpha, record, mask)
    on_layer()
    return _watched(call, [LayerJob(run, result, again)])


def _record_of(run: UnfinishedRun, source: Source) -> LayerRecord | None:
    """How the run's picture is painted; its original is known in its own image alone."""
    record = layer_record.from_words(vars(run)) if run.settings else None
    if record is None or image_of_run.belongs_above(run, source):
        return record
    return dataclasses.replace(record, original=None)


def _request_to_continue(
    run: UnfinishedRun, place: Source, record: LayerRecord | None
) -> JobRequest | None:
    """The request to paint the run's picture further; None if its inputs are gone.

    Its style images must be files that still exist, and the layer must have the same pixels.
    """
    if record is None or not record.style:
        return None
    content = sources.pixels(place)
    if digest_of(content) != run.digest:
        return None
    with contextlib.suppress(NeuralStyleError):
        file = Gio.File.new_for_uri(record.style)
        styles = ChosenStyles(file, None, style_mix.read(record.mix))
        return JobRequest(content, styles.weighed(styles.read()), record.settings)
    return None


def _call(procedure: Gimp.Procedure, run_mode: Gimp.RunMode, config: Gimp.ProcedureConfig) -> _Call:
    has_windows = run_mode != Gimp.RunMode.NONINTERACTIVE and _has_display()
    return _Call(procedure, config, installation.read(), has_windows)


def _has_display() -> bool:
    Gtk.init_check(None)
    return Gdk.Display.get_default() is not None
