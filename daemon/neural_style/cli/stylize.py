"""``neural-style stylize``: paint photos, with a progress bar."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from neural_style.cli.following import follow
from neural_style.cli.inputs import Region
from neural_style.cli.options import (
    DAEMON_COMMAND,
    content_argument,
    json_option,
    named_styles_option,
    settings_from,
    style_weights_option,
    with_settings,
)
from neural_style.cli.results import save
from neural_style.cli.several_photos import Request, load_for, paint_all, submit
from neural_style.cli.terminal import Speaker
from neural_style.cli.typed_paths import Output, folder_refused, output_path, picture_file
from neural_style.picture_files import targets
from neural_style_protocol.errors import InputError, StorageError
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import Phrase


@click.command()
@content_argument
@click.argument("styles", metavar="STYLE...", nargs=-1, type=picture_file)
@click.option(
    "-o",
    "--output",
    required=True,
    type=output_path,
    metavar="PATH",
    help="Where to save the picture: a name that ends in .png, .jpg, .tif or .webp. With --style "
    "also a folder, which is created if it is missing.",
)
@named_styles_option(
    "A style image. With this option, all other pictures are photos, and they are painted "
    "one after another.",
    "style_options",
    required=False,
)
@style_weights_option
@click.option(
    "--style-region",
    "style_regions",
    multiple=True,
    nargs=4,
    type=int,
    metavar="LEFT TOP WIDTH HEIGHT",
    help="The part of a style image to use, in pixels; once for each STYLE.",
)
@click.option(
    "--mask",
    type=picture_file,
    metavar="PATH",
    help="A grey picture that limits the style: white parts are painted, black parts are not.",
)
@click.option(
    "--initial-picture",
    type=picture_file,
    metavar="PATH",
    help="Go on from this picture, such as an earlier result, at its full size.",
)
@json_option
@with_settings
def stylize(
    content: Path,
    styles: tuple[Path, ...],
    style_options: tuple[Path, ...],
    output: Output,
    style_weights: tuple[float, ...],
    style_regions: tuple[Region, ...],
    mask: Path | None,
    initial_picture: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Paint CONTENT in the style of STYLE. Several styles are mixed.

    PNG, JPEG, TIFF and WebP files can be read and saved.

    Ctrl-C stops and saves the picture as it is. Ctrl-C twice stops and saves nothing.

    Several photos: `neural-style stylize PHOTO... --style STYLE -o FOLDER/` paints them one after
    another, or one on each graphics card, and saves each under its own name in FOLDER. A photo that
    cannot be read is skipped. Ctrl-C keeps what is painted so far.
    """
    settings = settings_from(options)
    speaker = Speaker(as_json=as_json)
    if style_options:
        photos, chosen = (content, *styles), style_options
    elif styles:
        photos, chosen = (content,), styles
    else:
        raise click.MissingParameter(param_type="argument", param_hint="'STYLE...'")
    request = Request(
        photos=photos,
        styles=chosen,
        output=output.path,
        settings=settings,
        weights=style_weights,
        regions=style_regions,
        mask=mask,
        initial=initial_picture,
    )
    if style_options and (output.is_folder or len(photos) > 1):
        _check_folder(output)
        return paint_all(request, speaker)
    if output.is_folder:
        raise _needs_style_option(request)
    return _paint_one(request, speaker)


def _paint_one(request: Request, speaker: Speaker) -> int:
    (photo,) = request.photos
    targets.check_writable(request.output)
    if len(request.styles) > 1:
        names = ", ".join(path.name for path in request.styles)
        speaker.note(f"{photo.name} is painted in {len(request.styles)} styles at once: {names}.")
    inputs = load_for(request, photo, request.output, speaker)
    started: list[Phrase] = []
    with connect_or_start(
        Home.find(), DAEMON_COMMAND, name="neural-style stylize", on_state=started.append
    ) as client:
        verb = "Started" if started else "Using"
        speaker.say(f"{verb} the daemon (process {client.daemon.pid}).")
        job = submit(client, request, photo, inputs)
        finished = follow(client, job, speaker)
        daemon = {"pid": client.daemon.pid, "started": bool(started)}
    return save(finished, request.output, daemon, speaker, inputs.kept)


def _check_folder(output: Output) -> None:
    if output.is_folder or (not output.path.suffix and not output.path.exists()):
        return
    raise InputError(
        "Several photos cannot be painted into one file, {path}.",
        next_step="Name a folder: -o {folder}/.",
        path=output.path,
        folder=shlex.quote(str(output.path.with_suffix(""))),
    )


def _needs_style_option(request: Request) -> StorageError:
    """The error for a folder without --style, which leaves open which pictures are photos."""
    *photos, style = (*request.photos, *request.styles)
    words = ["neural-style", "stylize", *map(str, photos[:3])]
    shown = shlex.join(words) + (" ..." if len(photos) > 3 else "")
    folder = shlex.quote(f"{request.output}/")
    return folder_refused(
        request.output,
        next_step="For several photos, name the style apart: `{command}`.",
        command=f"{shown} --style {shlex.quote(str(style))} -o {folder}",
    )
