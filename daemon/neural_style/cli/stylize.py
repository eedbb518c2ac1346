"""``neural-style stylize``: photos through the daemon, with a progress bar."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from neural_style.cli.following import follow
from neural_style.cli.inputs import Region
from neural_style.cli.many import Order, load_order, paint_all
from neural_style.cli.options import (
    DAEMON_COMMAND,
    content_argument,
    json_option,
    settings_from,
    with_settings,
)
from neural_style.cli.results import save
from neural_style.cli.terminal import Speaker
from neural_style.cli.typed_paths import Output, folder_for_one, output_place, picture_file
from neural_style.picture_files import targets
from neural_style_protocol.errors import InputError, StorageError
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home


@click.command()
@content_argument
@click.argument("styles", metavar="STYLE...", nargs=-1, type=picture_file)
@click.option(
    "-o",
    "--output",
    required=True,
    type=output_place,
    metavar="PATH",
    help="Where to save the picture: a name that ends in .png, .jpg, .tif or .webp. With --style "
    "also a folder, which is made if need be.",
)
@click.option(
    "--style",
    "styles_apart",
    multiple=True,
    type=picture_file,
    metavar="STYLE",
    help="A style image, named apart: all other pictures are photos then, painted one after "
    "another.",
)
@click.option(
    "--style-weight",
    "style_weights",
    multiple=True,
    type=float,
    metavar="NUMBER",
    help="A style's share, once for each STYLE; equal shares otherwise.",
)
@click.option(
    "--style-region",
    "style_regions",
    multiple=True,
    nargs=4,
    type=int,
    metavar="LEFT TOP WIDTH HEIGHT",
    help="The part of a style image that counts, in pixels; once for each STYLE.",
)
@click.option(
    "--mask",
    type=picture_file,
    metavar="PATH",
    help="A grey picture: the style goes where it is white.",
)
@click.option(
    "--initial-picture",
    type=picture_file,
    metavar="PATH",
    help="Start from this picture, such as an earlier result.",
)
@json_option
@with_settings
def stylize(
    content: Path,
    styles: tuple[Path, ...],
    styles_apart: tuple[Path, ...],
    output: Output,
    style_weights: tuple[float, ...],
    style_regions: tuple[Region, ...],
    mask: Path | None,
    initial_picture: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Paint CONTENT in the style of STYLE; several styles are mixed.

    PNG, JPEG, TIFF and WebP files go in and come out.

    Ctrl-C stops and saves the picture as it is; twice, and nothing is saved.

    Several photos: `neural-style stylize PHOTO... --style STYLE -o FOLDER/` paints one after
    another, each under its own name in FOLDER. One that cannot be read is passed over. Ctrl-C
    keeps what is painted until then.
    """
    settings = settings_from(options)
    speaker = Speaker(as_json=as_json)
    if styles_apart:
        photos, chosen = (content, *styles), styles_apart
    elif styles:
        photos, chosen = (content,), styles
    else:
        raise click.MissingParameter(param_type="argument", param_hint="'STYLE...'")
    order = Order(
        photos=photos,
        styles=chosen,
        output=output.path,
        settings=settings,
        weights=style_weights,
        regions=style_regions,
        mask=mask,
        initial=initial_picture,
    )
    if styles_apart and (output.is_folder or len(photos) > 1):
        _check_folder(output)
        return paint_all(order, speaker)
    if output.is_folder:
        raise _style_apart(order)
    return _paint_one(order, speaker)


def _paint_one(order: Order, speaker: Speaker) -> int:
    (photo,) = order.photos
    targets.check_writable(order.output)
    if len(order.styles) > 1:
        names = ", ".join(path.name for path in order.styles)
        speaker.note(f"{photo.name} is painted in {len(order.styles)} styles at once: {names}.")
    inputs = load_order(order, photo, order.output, speaker)
    started: list[str] = []
    with connect_or_start(
        Home.find(), DAEMON_COMMAND, name="neural-style stylize", on_state=started.append
    ) as client:
        verb = "Started" if started else "Using"
        speaker.say(f"{verb} the daemon (process {client.daemon.pid}).")
        job = client.submit(
            inputs.content, inputs.styles, order.settings, mask=inputs.mask, initial=inputs.initial
        )
        finished = follow(client, job, speaker)
        daemon = {"pid": client.daemon.pid, "started": bool(started)}
    return save(finished, order.output, daemon, speaker, inputs.kept)


def _check_folder(output: Output) -> None:
    if output.is_folder or (not output.path.suffix and not output.path.exists()):
        return
    raise InputError(
        f"Several photos cannot be painted into one file, {output.path}.",
        next_step=f"Name a folder: -o {shlex.quote(str(output.path.with_suffix('')))}/.",
    )


def _style_apart(order: Order) -> StorageError:
    """A folder without --style: nobody knows which of the pictures are photos."""
    *photos, style = (*order.photos, *order.styles)
    words = ["neural-style", "stylize", *map(str, photos[:3])]
    shown = shlex.join(words) + (" ..." if len(photos) > 3 else "")
    folder = shlex.quote(f"{order.output}/")
    return folder_for_one(
        order.output,
        next_step="For several photos, name the style apart: "
        f"`{shown} --style {shlex.quote(str(style))} -o {folder}`.",
    )
