"""``neural-style video``: paint a clip, or the pictures of a folder, frame after frame."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from neural_style.cli.frame_chain import FrameChain, Look
from neural_style.cli.inputs import load_style
from neural_style.cli.interrupts import counted_interrupts
from neural_style.cli.json_output import error_values, print_json
from neural_style.cli.options import (
    DAEMON_COMMAND,
    INTERRUPTED,
    json_option,
    named_styles_option,
    settings_from,
    style_weights_option,
    with_settings,
)
from neural_style.cli.terminal import Speaker
from neural_style.cli.typed_paths import Output, output_path
from neural_style.cli.video_order import (
    Order,
    chosen_arithmetic,
    fingerprint,
    is_folder,
    work_place,
)
from neural_style.picture_files import reading
from neural_style.video import clips, work_folder
from neural_style.video.clips import TimedPicture
from neural_style.video.sources import ClipSource, FolderSource, Source
from neural_style.video.work_folder import WorkFolder
from neural_style_protocol.client_messages import DEFAULT_COHERENCE, MOST_COHERENCE
from neural_style_protocol.errors import InputError
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home

PREVIEW_FRAMES = 3


@click.command()
@click.argument("source", metavar="CLIP|FOLDER", type=click.Path(path_type=Path))
@named_styles_option("A style image. Several are mixed.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=output_path,
    metavar="PATH",
    help="A clip (.mp4, .mov, .mkv or .webm), or a folder for single pictures.",
)
@style_weights_option
@click.option(
    "--coherence",
    type=click.FloatRange(0, MOST_COHERENCE),
    default=DEFAULT_COHERENCE,
    show_default=True,
    metavar="0–100",
    help="How near each frame stays to the ones before it. High values smooth the strokes away.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 1000),
    default=25.0,
    show_default=True,
    metavar="NUMBER",
    help="Frames a second of a clip that is made of a folder's pictures.",
)
@click.option(
    "--preview",
    is_flag=True,
    help=f"Paint {PREVIEW_FRAMES} frames and stop. The same command without it goes on from there.",
)
@json_option
@with_settings
def video(
    source: Path,
    styles: tuple[Path, ...],
    output: Output,
    style_weights: tuple[float, ...],
    coherence: float,
    rate: float,
    preview: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Paint the frames of CLIP, or the pictures of FOLDER, in the style of STYLE.

    Each frame begins with the one before it, moved along with the picture, so that strokes follow
    what they are on. A clip keeps its sound and its times.

    Ctrl-C stops; what is painted is kept. The same command goes on from there, also after a crash.

    Needs the packages of the extra `video`, here and where the daemon runs.
    """
    settings = settings_from(options)
    speaker = Speaker(as_json=as_json)
    found = _source(source, output, Fraction(rate).limit_denominator(1001))
    order = Order(found, output, styles, style_weights, settings, coherence)
    if output.path.is_file() and not work_folder.is_open(work_place(order)):
        work_folder.remove(work_place(order), found.names)
        speaker.say(f"{output.path} is there already. Delete it to paint it again.")
        return _report(speaker, {"output": str(output.path), "ending": "there"}, 0)
    _check(order, speaker)
    return _paint(order, speaker, PREVIEW_FRAMES if preview else found.count)


def _source(path: Path, output: Output, rate: Fraction) -> Source:
    """The frames of a clip or of a folder.

    Raises:
        InputError: there is nothing of that name, or it is the output too.
    """
    if not path.exists():
        raise InputError("There is no clip or folder {path}.", path=path)
    if output.path.exists() and path.samefile(output.path):
        raise InputError(
            "{path} cannot be both the source and the output.",
            next_step="Name another output.",
            path=path,
        )
    if path.is_dir():
        return FolderSource(path, rate, own_names=is_folder(output))
    return ClipSource(path)


def _check(order: Order, speaker: Speaker) -> None:
    """Check before the work that the output can be written, and tell what is left out."""
    found = order.source
    if not order.is_folder:
        clips.check(order.output.path, found.clip)
        if len(found.sizes) > 1:
            raise InputError(
                "The frames of {path} have different sizes ({sizes}), and a clip has one.",
                next_step="Name a folder as the output.",
                path=found.path,
                sizes=", ".join(f"{width} × {height}" for width, height in found.sizes),
            )
    if found.broken:
        speaker.note(
            f"{found.broken} frames of {found.path.name} cannot be read, and are left out."
        )
    if order.is_folder and found.clip is not None:
        speaker.note("Single pictures have no sound and no times: those of the clip are left out.")


def _paint(order: Order, speaker: Speaker, wanted: int) -> int:
    """Paint up to ``wanted`` frames; when all are painted, finish the output."""
    work = WorkFolder(work_place(order), fingerprint(order))
    pixels = max((width * height for width, height in order.source.sizes), default=None)
    styles = [load_style(path, pixels, speaker.note) for path in order.styles]
    shares = order.weights or (1.0,) * len(styles)
    with (
        connect_or_start(Home.find(), DAEMON_COMMAND, name="neural-style video") as client,
        counted_interrupts() as interrupts,
    ):
        if work.arithmetic is None:
            work.choose(chosen_arithmetic(client, order))
        look = Look(
            tuple(zip(styles, shares, strict=True)),
            order.settings,
            order.coherence,
            work.arithmetic or "",
        )
        chain = FrameChain(client, look, work, speaker, interrupts, order.source.count)
        chain.paint(itertools.islice(order.source.frames(), wanted))
        values = _values(order, work, chain)
        if interrupts.count:
            speaker.say(f"{_so_far(order, work)} The same command goes on from there.")
            return _report(speaker, {**values, "ending": "stopped"}, INTERRUPTED)
        if wanted < order.source.count:
            left = f" The others take about {chain.time_left}." if chain.time_left else ""
            speaker.say(f"{_so_far(order, work)} They are in {work.path}.{left}")
            return _report(speaker, {**values, "ending": "preview"}, 0)
        return _finish(order, work, chain, speaker, values)


def _finish(
    order: Order, work: WorkFolder, chain: FrameChain, speaker: Speaker, values: dict[str, Any]
) -> int:
    """All frames were tried: write the clip, and clear away what is no longer needed."""
    if not work.painted:
        raise next(iter(chain.failed.values()))
    if not order.is_folder:
        speaker.say("Writing the clip.")
        clip = order.output.path
        clips.write(clip, _painted(order, work), order.source.clip, work.place_of(clip))
    if chain.failed:
        numbers = ", ".join(str(number) for number in sorted(chain.failed))
        sentence = f"{_so_far(order, work)} Not painted: {numbers}."
        speaker.say(f"{sentence} The same command tries them again.")
        first = next(iter(chain.failed.values()))
        problem = {**error_values(first), "sentence": sentence}
        return _report(speaker, {**values, "ending": "failed", "error": problem}, first.exit_status)
    chain.forget_jobs()
    if not order.is_folder:
        work_folder.remove(work.path, order.source.names)
    speaker.say(f"Done: {order.output.path} ({work.painted} frames).")
    return _report(speaker, {**values, "ending": "finished"}, 0)


def _painted(order: Order, work: WorkFolder) -> Iterator[TimedPicture]:
    """The painted frames in their order. In place of one that failed, the one before is seen."""
    for frame in order.source.frames():
        path = work.path / frame.name
        entry = work.entry(frame.number)
        if entry is not None and entry.state == "done":
            yield TimedPicture(reading.load(path).picture, frame.moment)


def _so_far(order: Order, work: WorkFolder) -> str:
    return f"{work.painted} of {order.source.count} frames are painted."


def _values(order: Order, work: WorkFolder, chain: FrameChain) -> dict[str, Any]:
    return {
        "output": str(order.output.path),
        "frames": order.source.count,
        "painted": work.painted,
        "unreadable": order.source.broken,
        "failed": [
            {"frame": number, **error_values(error)} for number, error in chain.failed.items()
        ],
        "work_folder": str(work.path),
    }


def _report(speaker: Speaker, values: dict[str, Any], status: int) -> int:
    if speaker.as_json:
        print_json({**values, "notes": speaker.notes})
    return status
