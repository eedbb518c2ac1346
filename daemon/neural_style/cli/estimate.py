"""``neural-style estimate``: the time and memory that a picture will take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from neural_style.cli.inputs import load_picture, load_style
from neural_style.cli.json_output import print_json
from neural_style.cli.options import (
    DAEMON_COMMAND,
    check_styles,
    content_argument,
    json_option,
    named_styles_option,
    settings_from,
    with_settings,
)
from neural_style.cli.terminal import Speaker, print_lines
from neural_style.cli.typed_paths import picture_file
from neural_style_protocol.errors import SettingsError, StorageError
from neural_style_protocol.estimates import how_computed
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import reason
from neural_style_protocol.remotes import Remotes
from neural_style_protocol.settings import Settings

MEASURING_SECONDS = 600.0
"""Timeout of the daemon's answer. Only a busy machine needs minutes."""


@click.command()
@content_argument
@click.argument("styles", metavar="[STYLE]...", nargs=-1, type=picture_file)
@named_styles_option(
    "A style image, as for `stylize`.",
    "style_options",
    required=False,
)
@click.option("--recalibrate", is_flag=True, help="Measure this machine's speed again.")
@json_option
@with_settings
def estimate(
    content: Path,
    styles: tuple[Path, ...],
    style_options: tuple[Path, ...],
    recalibrate: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Estimate the time and memory that CONTENT will take.

    Several styles take longer than one. If no STYLE is named, one is assumed.

    The daemon makes the estimate. Once a day it measures the machine's speed first, which takes a
    few seconds. A remote daemon's estimate is for its own machine.
    """
    settings, home = settings_from(options), Home.find()
    speaker = Speaker(as_json=as_json)
    if styles and style_options:
        raise click.UsageError("Only one photo can be estimated at a time.")
    picture = load_picture(content, speaker.note)
    chosen = style_options or styles
    check_styles(chosen)
    for path in chosen:
        load_style(path, picture.width * picture.height, speaker.note)
    if recalibrate:
        _forget_speed(home)
    answer = estimate_for(home, picture.width, picture.height, settings, max(1, len(chosen)))
    if as_json:
        print_json({**answer, "notes": speaker.notes})
    else:
        print_lines(_description(answer))


def estimate_for(
    home: Home, width: int, height: int, settings: Settings, styles: int
) -> dict[str, Any]:
    """The daemon's estimate for a content image of that size, as the values of ``--json``.

    Args:
        styles: how many style images are mixed.

    Raises:
        NeuralStyleError: the picture cannot be made, or the daemon does not answer.
    """
    with connect_or_start(home, DAEMON_COMMAND, name="neural-style estimate") as client:
        found = client.estimate(settings, width, height, styles, timeout=MEASURING_SECONDS)
    return {
        "width": found.width,
        "height": found.height,
        "styles": styles,
        "device": found.device,
        "method": "tiled" if found.tile else "whole",
        "tile": found.tile or None,
        "evaluations": found.evaluations,
        "full_size_evaluations": found.full_size_evaluations,
        "seconds": found.seconds,
        "peak_bytes": found.peak_bytes,
        "free_bytes": found.free_bytes,
    }


def _forget_speed(home: Home) -> None:
    """Remove the measured speed, so that this machine's daemon measures it again.

    Raises:
        SettingsError: the chosen daemon is on another machine.
        StorageError: the measurement cannot be removed.
    """
    if Remotes(home).connection() is not None:
        raise SettingsError(
            "The speed of another machine is not measured from here.",
            next_step="Run `neural-style estimate` over there.",
        )
    try:
        home.calibrations.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            "{path} cannot be removed ({reason}).", path=home.calibrations, reason=reason(error)
        ) from error


def _description(answer: Mapping[str, Any]) -> str:
    how = how_computed(answer["tile"], answer["device"])
    mix = f" in {answer['styles']} styles" if answer["styles"] > 1 else ""
    return (
        f"{answer['width']} × {answer['height']} pixels{mix}, {how}.\n"
        f"{_time_and_work(answer)}\n"
        f"{answer['peak_bytes'] / 1e9:.1f} GB of memory at the peak; "
        f"{answer['free_bytes'] / 1e9:.1f} GB are free."
    )


def _time_and_work(answer: Mapping[str, Any]) -> str:
    if answer["seconds"] is None:
        return "How long it takes is not known yet: ask again when the daemon is idle."
    work = f"At most {_duration(answer['seconds'])} for {answer['evaluations']} evaluations"
    if answer["full_size_evaluations"] is not None:
        work += f", as much work as {answer['full_size_evaluations']:.1f} at the full size"
    return f"{work}."


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
