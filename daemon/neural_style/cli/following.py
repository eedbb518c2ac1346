"""Waiting for a job at the terminal: a progress bar, Ctrl-C, and the picture saved at the end."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from neural_style.cli.options import INTERRUPTED
from neural_style.picture_files import saving
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.errors import StorageError

POLL_SECONDS = 0.2


def follow(client: Client, job: str, console: Console) -> events.Finished | None:
    """Wait for the end of ``job``; None if it was discarded."""
    with _bar(console) as bar, _interrupts() as interrupts:
        line = bar.add_task("Sending", total=1.0, details="")
        heard = 0
        while True:
            for event in client.wait(POLL_SECONDS):
                match event:
                    case events.Finished():
                        return event
                    case events.Discarded():
                        return None
                    case events.Failed() | events.Disconnected():
                        raise event.error
                    case _:
                        _show(event, bar, line)
            if interrupts.count > heard:
                heard = interrupts.count
                client.cancel(job, keep=heard == 1)


def _show(event: events.Event, bar: Progress, line: Any) -> None:
    match event:
        case events.Queued(position=0):
            bar.update(line, description="Waiting for the model")
        case events.Queued():
            bar.update(line, description=f"{event.position} before this one")
        case events.Started():
            bar.update(line, description="Painting")
        case events.Stopping():
            bar.update(line, description="Stopping")
        case events.Paused():
            bar.console.print(
                f"Paused: `neural-style resume {event.job}` goes on with it.", highlight=False
            )
        case events.Notice():
            bar.console.print(event.text)
        case events.Progress():
            details = (
                f"{event.width} × {event.height}, step {event.step}, loss {event.losses.total:.3g}"
            )
            bar.update(line, completed=event.fraction, details=details)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[details]}"),
        console=console,
        transient=True,
    )


class _Interrupts:
    def __init__(self) -> None:
        self.count = 0

    def add(self, number: int, frame: FrameType | None) -> None:
        self.count += 1


@contextmanager
def _interrupts() -> Iterator[_Interrupts]:
    interrupts = _Interrupts()
    before = {
        number: signal.signal(number, interrupts.add) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def save(
    finished: events.Finished | None,
    output: Path,
    daemon: dict[str, Any],
    console: Console,
    *,
    as_json: bool,
) -> int:
    """Write the picture, say what came of the job, and return the exit status.

    Raises:
        StorageError: the file cannot be written; the daemon still has the picture.
    """
    if finished is None:
        console.print("Nothing was saved.")
        if as_json:
            click.echo(json.dumps({"output": None, "ending": "discarded"}))
        return INTERRUPTED
    try:
        notes = saving.save(finished.picture, output)
    except StorageError as error:
        raise StorageError(
            error.sentence,
            next_step=f"The picture is kept: `neural-style fetch {finished.job} -o OUTPUT`.",
        ) from error
    for note in notes:
        console.print(note)
    _report(finished, output, daemon, console, as_json=as_json)
    return INTERRUPTED if finished.ending == "stopped" else 0


def _report(
    finished: events.Finished,
    output: Path,
    daemon: dict[str, Any],
    console: Console,
    *,
    as_json: bool,
) -> None:
    picture = finished.picture
    if as_json:
        told = {
            "job": finished.job,
            "output": str(output),
            "width": picture.width,
            "height": picture.height,
            "ending": finished.ending,
            "steps": finished.steps,
            "seconds": round(finished.elapsed, 3),
            "losses": finished.losses.by_name,
            "daemon": daemon,
        }
        click.echo(json.dumps(told))
        return
    how = "Stopped" if finished.ending == "stopped" else "Done"
    console.print(
        f"{how} after {finished.steps} steps and {finished.elapsed:.1f} seconds: "
        f"{output} ({picture.width} × {picture.height}).",
        highlight=False,
    )
