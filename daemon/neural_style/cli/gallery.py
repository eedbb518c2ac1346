"""``neural-style gallery``: a photo in several styles and strengths, as one picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
from PIL import Image

from neural_style.cli.following import follow
from neural_style.cli.inputs import load_picture, load_style
from neural_style.cli.interrupts import Interrupts, counted_interrupts
from neural_style.cli.json_output import print_json
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
from neural_style.cli.terminal import Speaker, printable
from neural_style.contact_sheet import Row, draw_sheet, sheet_size
from neural_style.picture_files import limits, loaded, saving, targets
from neural_style_protocol.client import Client
from neural_style_protocol.errors import InputError, SettingsError
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import MAX_PIXELS, MAX_SIDE, Picture
from neural_style_protocol.result_size import result_size
from neural_style_protocol.settings import Settings, setting

DEFAULT_SIZE = 320


@dataclasses.dataclass(frozen=True)
class _Plan:
    """The photo, the settings of each column, and the style's name and image of each row."""

    photo: Picture
    columns: tuple[Settings, ...]
    rows: tuple[tuple[str, Picture], ...]

    @property
    def cells(self) -> int:
        return len(self.columns) * len(self.rows)


@dataclasses.dataclass(frozen=True)
class _Painted:
    """The rows painted so far; ``ending`` is one of ENDINGS, or ``discarded``."""

    rows: tuple[Row, ...]
    ending: str

    @property
    def cells(self) -> int:
        return sum(len(row.pictures) - 1 for row in self.rows)


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
@partial(with_settings, without="strength")
def gallery(
    content: Path,
    styles: tuple[Path, ...],
    output: Path,
    strengths: str,
    as_json: bool,
    **options: Any,
) -> int:
    """Show CONTENT in every STYLE and at several strengths, as one picture to choose from.

    Without --size, the long side of each picture has 320 pixels. Ctrl-C stops and saves the sheet
    as it is. Ctrl-C twice stops and saves nothing.
    """
    targets.check_writable(output)
    settings = settings_from(options)
    if not settings.size:
        settings = dataclasses.replace(settings, size=DEFAULT_SIZE)
    columns = tuple(
        dataclasses.replace(settings, strength=strength) for strength in _strengths(strengths)
    )
    speaker = Speaker(as_json=as_json)
    photo = load_picture(content, speaker.note)
    pixels = photo.width * photo.height
    rows = tuple((path.name, load_style(path, pixels, speaker.note)) for path in styles)
    plan = _Plan(photo, columns, rows)
    _check_size(plan, output)
    with (
        connect_or_start(Home.find(), DAEMON_COMMAND, name="neural-style gallery") as client,
        counted_interrupts() as interrupts,
    ):
        painted = _paint(client, plan, interrupts, speaker)
    values = _save(painted, plan, output, speaker)
    if as_json:
        print_json({**values, "notes": speaker.notes})
    return 0 if painted.ending == "finished" else INTERRUPTED


def _strengths(text: str) -> list[float]:
    strength = setting("strength")
    try:
        return [float(strength.check(float(part))) for part in text.split(",")]
    except ValueError as error:
        raise SettingsError(
            "{text} is not a list of strengths.",
            next_step="Write it like 25,50,75.",
            text=repr(text),
        ) from error


def _check_size(plan: _Plan, output: Path) -> None:
    """Check before the work that the sheet is not too large."""
    cell = result_size(plan.columns[0], plan.photo.width, plan.photo.height)
    width, height = sheet_size(len(plan.columns) + 1, len(plan.rows), cell)
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise InputError(
            "The sheet would be too large: {width} × {height} pixels.",
            next_step="Give fewer styles or strengths, or a smaller --size.",
            width=width,
            height=height,
        )
    limits.check_size(output, width, height)


def _paint(client: Client, plan: _Plan, interrupts: Interrupts, speaker: Speaker) -> _Painted:
    """Paint every style at every strength, until an interrupt."""
    rows: list[Row] = []
    for row, (name, painting) in enumerate(plan.rows):
        pictures: list[Image.Image] = []
        for column, settings in enumerate(plan.columns):
            if interrupts.count:
                break
            if not column:
                speaker.say(f"{name}…")
            position = f"{row * len(plan.columns) + column + 1} of {plan.cells}"
            job = client.submit(plan.photo, [(painting, 1.0)], settings)
            finished = follow(client, job, speaker, interrupts=interrupts, position=position)
            if finished is None:
                return _Painted((), "discarded")
            pictures.append(loaded.image_of(finished.picture))
        if pictures:
            caption = printable(Path(name).stem)
            rows.append(Row(caption, (loaded.image_of(painting), *pictures)))
    if not rows:
        return _Painted((), "discarded")
    return _Painted(tuple(rows), "stopped" if interrupts.count else "finished")


def _save(painted: _Painted, plan: _Plan, output: Path, speaker: Speaker) -> dict[str, Any]:
    """Draw the sheet and write it; returns the values for JSON."""
    if painted.ending == "discarded":
        speaker.say("Nothing was saved.")
        return {"output": None, "ending": painted.ending}
    sheet = _draw(painted.rows, plan.columns)
    for note in saving.save(Picture.of(*sheet.size, 3, sheet.tobytes()), output):
        speaker.note(note)
    if painted.ending == "stopped":
        speaker.say(f"Stopped: {painted.cells} of {plan.cells} pictures are on the sheet.")
    speaker.say(f"{output} ({sheet.width} × {sheet.height}).")
    return {
        "output": str(output),
        "width": sheet.width,
        "height": sheet.height,
        "ending": painted.ending,
        "pictures": painted.cells,
    }


def _draw(rows: Sequence[Row], columns: Sequence[Settings]) -> Image.Image:
    cell = max((row.pictures[1].size for row in rows), key=lambda size: size[0] * size[1])
    headings = ["Style", *(f"Strength {column.strength:g} %" for column in columns)]
    return draw_sheet(headings, rows, cell)
