"""``neural-style stylize``: one picture through the daemon, with a progress bar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from neural_style.cli.following import follow
from neural_style.cli.inputs import Region, load_inputs
from neural_style.cli.options import (
    DAEMON_COMMAND,
    content_argument,
    json_option,
    output_option,
    settings_from,
    styles_argument,
    with_settings,
)
from neural_style.cli.results import save
from neural_style.cli.terminal import Speaker
from neural_style.cli.typed_paths import picture_file
from neural_style.picture_files import targets
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home


@click.command()
@content_argument
@styles_argument
@output_option
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
    output: Path,
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
    """
    settings = settings_from(options)
    targets.check_writable(output)
    speaker = Speaker(as_json=as_json)
    if len(styles) > 1:
        names = ", ".join(path.name for path in styles)
        speaker.note(f"{content.name} is painted in {len(styles)} styles at once: {names}.")
    inputs = load_inputs(
        content,
        styles,
        weights=style_weights,
        regions=style_regions,
        mask=mask,
        initial=initial_picture,
        say=speaker.note,
    )
    started: list[str] = []
    with connect_or_start(
        Home.find(), DAEMON_COMMAND, name="neural-style stylize", on_state=started.append
    ) as client:
        verb = "Started" if started else "Using"
        speaker.say(f"{verb} the daemon (process {client.daemon.pid}).")
        job = client.submit(
            inputs.content, inputs.styles, settings, mask=inputs.mask, initial=inputs.initial
        )
        finished = follow(client, job, speaker)
        daemon = {"pid": client.daemon.pid, "started": bool(started)}
    return save(finished, output, daemon, speaker)
