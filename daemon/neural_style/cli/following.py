"""Follow a job at the terminal, with a progress bar; Ctrl-C stops it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from neural_style.cli.interrupts import Interrupts, counted_interrupts
from neural_style.cli.terminal import Speaker
from neural_style_protocol import events
from neural_style_protocol.client import Client

POLL_SECONDS = 0.2


def follow(
    client: Client,
    job: str,
    speaker: Speaker,
    *,
    interrupts: Interrupts | None = None,
    position: str = "",
) -> events.Finished | None:
    """Wait for the end of ``job``; returns None if it was discarded.

    The first interrupt stops the job and keeps the picture. The second one discards it.

    Args:
        interrupts: counts the interrupts, if the caller does so for several jobs.
        position: the job's position among several, such as "2 of 5".

    Raises:
        NeuralStyleError: the job or the daemon failed.
    """
    counting = counted_interrupts() if interrupts is None else nullcontext(interrupts)
    with _bar(speaker) as bar, counting as counted:
        line = bar.add_task("Sending", total=1.0, details="", position=position)
        handled = 0
        while True:
            for event in client.wait(POLL_SECONDS):
                if getattr(event, "job", "") not in ("", job):
                    continue  # another one, which is followed later
                match event:
                    case events.Finished():
                        return event
                    case events.Discarded():
                        return None
                    case events.Failed() | events.Disconnected():
                        raise event.error
                    case _:
                        _show(event, bar, line, speaker)
            if counted.count > handled:
                handled = counted.count
                client.cancel(job, keep=handled == 1)


def _show(event: events.Event, bar: Progress, line: Any, speaker: Speaker) -> None:
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
            speaker.say(f"Paused: `neural-style resume {event.job}` continues it.")
        case events.Notice():
            speaker.note(str(event.phrase))
        case events.Progress():
            details = (
                f"{event.width} × {event.height}, step {event.step}, loss {event.losses.total:.3g}"
            )
            bar.update(line, completed=event.fraction, details=details)


def _bar(speaker: Speaker) -> Progress:
    """The progress bar; disabled if the output is not a terminal."""
    return Progress(
        TextColumn("{task.description} {task.fields[position]}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %", markup=False),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[details]}", markup=False),
        console=speaker.console,
        transient=True,
        disable=not speaker.console.is_terminal,
    )
