"""Follow a job at the terminal, with a progress bar; Ctrl-C stops it."""

from __future__ import annotations

from contextlib import nullcontext

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
    with Bar(speaker) as bar, counting as counted:
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
                        bar.show(event, speaker, position)
            if counted.count > handled:
                handled = counted.count
                client.cancel(job, keep=handled == 1)


class Bar:
    """A progress bar for one picture at a time; disabled if the output is not a terminal."""

    def __init__(self, speaker: Speaker) -> None:
        self._progress = Progress(
            TextColumn("{task.description} {task.fields[position]}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %", markup=False),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[details]}", markup=False),
            console=speaker.console,
            transient=True,
            disable=not speaker.console.is_terminal,
        )
        self._line = self._progress.add_task("Sending", total=1.0, details="", position="")
        self._position = ""

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def show(self, event: events.Event, speaker: Speaker, position: str = "") -> None:
        """Show what has happened to the picture at that position, such as "2 of 5"."""
        if position != self._position:
            self._position = position
            self._progress.reset(self._line, total=1.0, description="Sending", details="")
        self._progress.update(self._line, position=position)
        match event:
            case events.Queued(position=0):
                self._describe("Waiting for the model")
            case events.Queued():
                self._describe(f"{event.position} before this one")
            case events.Started():
                self._describe("Painting")
            case events.Stopping():
                self._describe("Stopping")
            case events.Paused():
                speaker.say(f"Paused: `neural-style resume {event.job}` continues it.")
            case events.Notice():
                speaker.note(str(event.phrase))
            case events.Progress():
                size = f"{event.width} × {event.height}"
                details = f"{size}, step {event.step}, loss {event.losses.total:.3g}"
                self._progress.update(self._line, completed=event.fraction, details=details)

    def _describe(self, words: str) -> None:
        self._progress.update(self._line, description=words)
