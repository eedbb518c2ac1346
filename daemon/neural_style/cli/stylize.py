"""``neural-style stylize``: one picture through the daemon, with a progress bar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from neural_style import image_files
from neural_style.cli.following import follow, save
from neural_style.cli.options import DAEMON_COMMAND, settings_from, with_settings
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture


@click.command()
@click.argument("content", type=click.Path(path_type=Path))
@click.argument(
    "styles", metavar="STYLE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Where to save the picture.",
)
@click.option(
    "--style-weight",
    "style_weights",
    multiple=True,
    type=float,
    metavar="NUMBER",
    help="A style's share, once for each STYLE; equal shares otherwise.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead of words.")
@with_settings
def stylize(
    content: Path,
    styles: tuple[Path, ...],
    output: Path,
    style_weights: tuple[float, ...],
    as_json: bool,
    **options: Any,
) -> int:
    """Paint CONTENT in the style of STYLE.

    Ctrl-C stops and saves the picture as it is; twice, and nothing is saved.
    """
    settings = settings_from(options)
    image_files.check_writable(output)
    weights = _weights(styles, style_weights)
    console = Console(stderr=True, quiet=as_json)
    content_picture, *style_pictures = (_load(path, console) for path in (content, *styles))
    started: list[str] = []
    with connect_or_start(
        Home.find(), DAEMON_COMMAND, name="neural-style stylize", on_state=started.append
    ) as client:
        verb = "Started" if started else "Using"
        console.print(f"{verb} the daemon (process {client.daemon.pid}).", highlight=False)
        job = client.submit(
            content_picture, list(zip(style_pictures, weights, strict=True)), settings
        )
        finished = follow(client, job, console)
        daemon = {"pid": client.daemon.pid, "started": bool(started)}
    return save(finished, output, daemon, console, as_json=as_json)


def _weights(styles: tuple[Path, ...], given: tuple[float, ...]) -> tuple[float, ...]:
    if given and len(given) != len(styles):
        raise click.UsageError("Give --style-weight once for each STYLE, or not at all.")
    if any(not 0 <= weight <= 1e6 for weight in given) or (given and not any(given)):
        raise click.UsageError("A style's weight is a number from 0 up, and one must be above 0.")
    return given or (1.0,) * len(styles)


def _load(path: Path, console: Console) -> Picture:
    loaded = image_files.load(path)
    for note in loaded.notes:
        console.print(f"{path.name}: {note}")
    return loaded.picture
