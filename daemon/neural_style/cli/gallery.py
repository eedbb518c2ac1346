"""``neural-style gallery``: a photo in several styles and strengths, as one picture."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import click
from PIL import Image
from rich.console import Console

from neural_style.cli.following import follow
from neural_style.cli.options import (
    DAEMON_COMMAND,
    INTERRUPTED,
    content_argument,
    json_option,
    output_option,
    settings_from,
    styles_argument,
    with_settings,
)
from neural_style.contact_sheet import Row, draw_sheet
from neural_style.picture_files import loaded, reading, saving, targets
from neural_style_protocol.client import Client
from neural_style_protocol.errors import SettingsError
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings, setting

DEFAULT_SIZE = 320


@click.command()
@content_argument
@styles_argument
@output_option
@click.option(
    "--strengths",
    default="0,25,50,75,100",
    show_default=True,
    metavar="NUMBER,…",
    help="The strengths to show, one column each.",
)
@json_option
@with_settings
def gallery(
    content: Path,
    styles: tuple[Path, ...],
    output: Path,
    strengths: str,
    as_json: bool,
    **options: Any,
) -> int:
    """Show CONTENT in every STYLE and at several strengths, as one picture to choose from.

    Without --size, the pictures are 320 pixels long.
    """
    targets.check_writable(output)
    settings = settings_from(options)
    if not settings.size:
        settings = dataclasses.replace(settings, size=DEFAULT_SIZE)
    columns = [dataclasses.replace(settings, strength=value) for value in _numbers(strengths)]
    console = Console(stderr=True, quiet=as_json)
    photo = reading.load(content).picture
    pixels = photo.width * photo.height
    paintings = [reading.load_style(path, pixels).picture for path in styles]
    rows = []
    with connect_or_start(Home.find(), DAEMON_COMMAND, name="neural-style gallery") as client:
        for path, painting in zip(styles, paintings, strict=True):
            console.print(f"{path.name}…", highlight=False)
            pictures = _pictures(client, photo, painting, columns, console)
            if pictures is None:
                console.print("Nothing was saved.")
                return INTERRUPTED
            rows.append(Row(path.stem, (loaded.image_of(painting), *pictures)))
    cell = max((row.pictures[1].size for row in rows), key=lambda size: size[0] * size[1])
    headings = ["Style", *(f"Strength {column.strength:g} %" for column in columns)]
    sheet = draw_sheet(headings, rows, cell)
    saving.save(Picture.of(*sheet.size, 3, sheet.tobytes()), output)
    told = {"output": str(output), "width": sheet.width, "height": sheet.height}
    if as_json:
        click.echo(json.dumps(told))
    console.print(f"{output} ({sheet.width} × {sheet.height}).", highlight=False)
    return 0


def _numbers(text: str) -> list[float]:
    strength = setting("strength")
    try:
        return [float(strength.check(float(part))) for part in text.split(",")]
    except ValueError as error:
        raise SettingsError(
            f"{text!r} is not a list of strengths.", next_step="Write it like 25,50,75."
        ) from error


def _pictures(
    client: Client, photo: Picture, painting: Picture, columns: list[Settings], console: Console
) -> list[Image.Image] | None:
    """The photo in one style at every strength; None if the person stopped it."""
    pictures = []
    for settings in columns:
        job = client.submit(photo, [(painting, 1.0)], settings)
        finished = follow(client, job, console)
        if finished is None or finished.ending == "stopped":
            return None
        pictures.append(loaded.image_of(finished.picture))
    return pictures
