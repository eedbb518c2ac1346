"""``neural-style batch``: many contents in many styles, resumable, in parts on many machines."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click

from neural_style import __version__, weights
from neural_style.batch.by_daemon import DaemonPlace
from neural_style.batch.commands import Line, lines
from neural_style.batch.gathering import gather
from neural_style.batch.manifest import Manifest
from neural_style.batch.on_ray import cluster
from neural_style.batch.order import Place
from neural_style.batch.own_daemon import own_daemon
from neural_style.batch.plan import MOST_PARTS, Common, Part, pieces_of
from neural_style.batch.run import BatchRun
from neural_style.cli.batch_report import BatchProgress, announce, report
from neural_style.cli.interrupts import counted_interrupts
from neural_style.cli.options import (
    DAEMON_COMMAND,
    json_option,
    named_styles_option,
    settings_from,
    with_settings,
)
from neural_style.cli.terminal import Speaker, print_lines
from neural_style.cli.typed_paths import Output, output_path, picture_or_folder
from neural_style.picture_files import reading
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.settings import Settings

CLIENT_NAME = "neural-style batch"


@dataclass(frozen=True)
class _Asked:
    """What was asked for on the command line, but for the pictures."""

    settings: Settings
    output: Path
    part: Part
    retry: bool
    arithmetic: str
    has_own_daemon: bool
    on: str
    processors: int


def _part(context: click.Context, parameter: click.Parameter, value: str | None) -> Part:
    if value is None:
        return Part()
    try:
        return Part.read(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no part such as 2/5.") from None


def _place_name(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if value in ("daemon", "ray") or (value.startswith("ray://") and len(value) > len("ray://")):
        return value
    raise click.BadParameter(f"{value!r} is neither daemon nor ray nor an address ray://HOST.")


@click.command()
@click.argument(
    "contents", metavar="CONTENT|FOLDER...", nargs=-1, required=True, type=picture_or_folder
)
@named_styles_option("A style image. With several, each content is painted in each of them.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=output_path,
    metavar="DIR",
    help="The folder for the pictures. It is created if it is missing.",
)
@click.option(
    "--part",
    callback=_part,
    metavar="K/N",
    help="Paint only the K-th of N equal parts, for example 2/5. All parts may run at once.",
)
@click.option(
    "--commands",
    type=click.IntRange(1, MOST_PARTS),
    metavar="N",
    help="Paint nothing: print N command lines, one for each part, for a render farm or a cluster.",
)
@click.option("--retry", is_flag=True, help="Also try again what could not be painted before.")
@click.option(
    "--arithmetic",
    default="",
    metavar="NAME",
    help="In which arithmetic all pictures are painted, such as float32. Without it, what the "
    "first machine chooses is kept for all.",
)
@click.option(
    "--own-daemon",
    "has_own_daemon",
    is_flag=True,
    help="Start a daemon for this command alone. For machines that share your home folder.",
)
@click.option(
    "--on",
    default="daemon",
    callback=_place_name,
    metavar="daemon|ray|ray://HOST",
    show_default=True,
    help="Where to paint: ray is the cards or processors of this machine, each for itself, and "
    "ray://HOST those of a cluster.",
)
@click.option(
    "--processors",
    type=click.IntRange(1, 1_024),
    default=1,
    metavar="NUMBER",
    show_default=True,
    help="With --on ray: the processors for each picture.",
)
@json_option
@click.option(
    "--progress", "tells_progress", is_flag=True, help="With --json, print lines on the way, too."
)
@with_settings
def batch(
    contents: tuple[Path, ...],
    styles: tuple[Path, ...],
    output: Output,
    part: Part,
    commands: int | None,
    retry: bool,
    arithmetic: str,
    has_own_daemon: bool,
    on: str,
    processors: int,
    as_json: bool,
    tells_progress: bool,
    **options: Any,
) -> int:
    """Paint many pictures: each CONTENT in each STYLE, into one folder.

    A FOLDER stands for the pictures in it. The picture of photo.jpg in the style painting.jpg is
    called photo-painting.jpg.

    Run the same command again to go on after an interruption, or when something has changed: it
    paints what is missing, and what is made from other pictures or with other settings. What could
    not be painted is listed, and tried again with --retry.

    Ctrl-C keeps all finished pictures and discards the one in work.
    """
    asked = _Asked(
        settings=settings_from(options),
        output=output.path,
        part=part,
        retry=retry,
        arithmetic=arithmetic,
        has_own_daemon=has_own_daemon,
        on=on,
        processors=processors,
    )
    if commands is not None:
        print_lines("\n".join(_command_lines(asked, contents, styles, commands)))
        return 0
    speaker = Speaker(as_json=as_json)
    for style in styles:
        reading.load_style(style, 1)
    manifest = Manifest(asked.output)
    manifest.make()
    gathered = gather(contents, styles, manifest.is_output)
    for note in gathered.notes:
        speaker.note(note)
    with ExitStack() as stack, counted_interrupts() as interrupts:

        @cache
        def place() -> Place:
            return stack.enter_context(_place(asked))

        common = Common(
            settings=asked.settings,
            weights=weights.recorded_hash(Home.find().weights, asked.settings.weights),
            arithmetic=_arithmetic(manifest, asked, place),
            version=__version__,
        )
        pieces = pieces_of(
            manifest, gathered.contents, _once(styles), common, part=part, retry=retry
        )
        for damaged in manifest.damaged:
            speaker.note(f"{damaged} is damaged: its picture is painted again.")
        announce(pieces, speaker)
        due = sum(piece.state == "due" for piece in pieces)
        with BatchProgress(speaker, due, in_json=as_json and tells_progress) as progress:
            run = BatchRun(manifest, common, pieces, progress)
            if due:
                run.paint(
                    place().painter(asked.settings, common.arithmetic), lambda: interrupts.count
                )
        return report(run, common.arithmetic, interrupts.count, speaker)


@contextlib.contextmanager
def _place(asked: _Asked) -> Iterator[Place]:
    """Where the pictures are painted."""
    if asked.on != "daemon":
        with cluster(asked.on, asked.processors) as place:
            yield place
        return
    home = Home.find()
    opened = (
        own_daemon(home, DAEMON_COMMAND, weights_name=asked.settings.weights, name=CLIENT_NAME)
        if asked.has_own_daemon
        else connect_or_start(home, DAEMON_COMMAND, name=CLIENT_NAME)
    )
    with opened as client:
        yield DaemonPlace(client)


def _arithmetic(manifest: Manifest, asked: _Asked, place: Callable[[], Place]) -> str:
    """The arithmetic for all pictures: as given, as chosen before, or as chosen here and now."""
    if asked.arithmetic:
        manifest.settle(asked.settings, asked.arithmetic, __version__)
        return asked.arithmetic
    chosen = manifest.arithmetic(asked.settings)
    if chosen:
        return chosen
    return manifest.choose(asked.settings, place().arithmetic(asked.settings), __version__)


def _command_lines(
    asked: _Asked, contents: tuple[Path, ...], styles: tuple[Path, ...], count: int
) -> list[str]:
    options = {
        "--retry": "" if asked.retry else None,
        "--arithmetic": asked.arithmetic or None,
        "--own-daemon": "" if asked.on == "daemon" else None,
        "--on": None if asked.on == "daemon" else asked.on,
        "--processors": None if asked.processors == 1 else str(asked.processors),
    }
    line = Line(DAEMON_COMMAND, contents, styles, asked.output, asked.settings, options)
    return lines(line, count)


def _once(styles: tuple[Path, ...]) -> tuple[Path, ...]:
    """The style images, each once."""
    return tuple({style.resolve(): style for style in styles}.values())
