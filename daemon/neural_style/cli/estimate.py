"""``neural-style estimate``: what a picture will take, before it is begun."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from neural_style.cli.options import content_argument, json_option, settings_from, with_settings
from neural_style.picture_files import reading
from neural_style_protocol.errors import SettingsError, WorkerError, error_from_code
from neural_style_protocol.estimates import how_computed
from neural_style_protocol.launcher import connect
from neural_style_protocol.paths import Home
from neural_style_protocol.remotes import Remotes
from neural_style_protocol.settings import Settings


@click.command()
@content_argument
@click.option("--recalibrate", is_flag=True, help="Measure this machine's speed again.")
@json_option
@with_settings
def estimate(content: Path, recalibrate: bool, as_json: bool, **options: Any) -> None:
    """Tell how long CONTENT will take, and how much memory.

    Once a day, the machine's speed is measured, which takes some seconds. A remote daemon
    tells of its own machine.
    """
    settings, home = settings_from(options), Home.find()
    picture = reading.load(content).picture
    if Remotes(home).connection() is None:
        answer = ask(home, picture.width, picture.height, settings, recalibrate=recalibrate)
    elif recalibrate:
        raise SettingsError(
            "The speed of another machine is not measured from here.",
            next_step="Run `neural-style estimate` over there.",
        )
    else:
        answer = ask_remote(home, picture.width, picture.height, settings)
    click.echo(json.dumps(answer) if as_json else _words(answer))


def ask(
    home: Home, width: int, height: int, settings: Settings, *, recalibrate: bool = False
) -> dict[str, Any]:
    """The estimate for a content image of that size, from a process that may load the engine.

    Raises:
        NeuralStyleError: the picture cannot be made, or the estimate failed.
    """
    question = {
        "width": width,
        "height": height,
        "settings": settings.to_dict(),
        "recalibrate": recalibrate,
    }
    command = [sys.executable, "-m", "neural_style.worker.estimate", str(home.root)]
    done = subprocess.run(
        command, input=json.dumps(question), capture_output=True, text=True, check=False
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as problem:
        last = done.stderr.strip().rpartition("\n")[2] or f"exit status {done.returncode}"
        raise WorkerError(f"The estimate failed ({last}).") from problem
    if "error" in answer:
        raise error_from_code(**answer["error"])
    return answer


def ask_remote(home: Home, width: int, height: int, settings: Settings) -> dict[str, Any]:
    """The estimate of the remote daemon that is used.

    Raises:
        NeuralStyleError: the picture cannot be made, or the daemon does not answer.
    """
    with connect(home, name="neural-style estimate") as client:
        told = client.estimate(settings, width, height)
    return {
        "width": told.width,
        "height": told.height,
        "device": told.device,
        "method": "tiled" if told.tile else "whole",
        "tile": told.tile or None,
        "evaluations": told.evaluations,
        "seconds": told.seconds,
        "peak_bytes": told.peak_bytes,
        "free_bytes": told.free_bytes,
    }


def _words(answer: Mapping[str, Any]) -> str:
    how = how_computed(answer["tile"], answer["device"])
    return (
        f"{answer['width']} × {answer['height']} pixels, {how}.\n"
        f"{_work(answer)}\n"
        f"{answer['peak_bytes'] / 1e9:.1f} GB of memory at the peak; "
        f"{answer['free_bytes'] / 1e9:.1f} GB are free."
    )


def _work(answer: Mapping[str, Any]) -> str:
    if answer["seconds"] is None:
        return "How long it takes is not known yet: ask again when the daemon is idle."
    work = f"At most {_duration(answer['seconds'])} for {answer['evaluations']} evaluations"
    if "full_size_evaluations" in answer:
        work += f", as much work as {answer['full_size_evaluations']:.1f} at the full size"
    return f"{work}."


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
