"""``neural-style stylize``: one picture through the daemon, with a progress bar."""

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

from neural_style import image_files
from neural_style.cli.options import DAEMON_COMMAND, settings_from, with_settings
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture

POLL_SECONDS = 0.2
INTERRUPTED = 130


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
        finished = _follow(client, job, console)
        daemon = {"pid": client.daemon.pid, "started": bool(started)}
    if finished is None:
        console.print("Nothing was saved.")
        return INTERRUPTED
    for note in image_files.save(finished.picture, output):
        console.print(note)
    _report(finished, output, daemon, console, as_json=as_json)
    return INTERRUPTED if finished.ending == "stopped" else 0


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


def _follow(client: Client, job: str, console: Console) -> events.Finished | None:
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
        losses = finished.losses
        told = {
            "output": str(output),
            "width": picture.width,
            "height": picture.height,
            "ending": finished.ending,
            "steps": finished.steps,
            "seconds": round(finished.elapsed, 3),
            "losses": {
                "content": losses.content,
                "style": losses.style,
                "total_variation": losses.total_variation,
                "total": losses.total,
            },
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
