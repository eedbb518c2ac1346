"""What ``neural-style batch`` says while it paints, and at the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn

from neural_style.batch.plan import Piece
from neural_style.batch.run import BatchRun, Result
from neural_style.cli.json_output import error_values, print_json
from neural_style.cli.options import INTERRUPTED
from neural_style.cli.terminal import Speaker
from neural_style_protocol import events
from neural_style_protocol.errors import NeuralStyleError, error_from_code
from neural_style_protocol.phrases import duration

PROGRESS_DIGITS = 2

LEFT = 1
"""Exit status if a picture is left although nothing has failed: its job was discarded."""


class BatchProgress:
    """The progress of the whole, with the time left; implements ``Audience``.

    Args:
        due: how many pictures are to be painted.
        in_json: whether to print the progress as lines of JSON.
    """

    def __init__(self, speaker: Speaker, due: int, *, in_json: bool = False) -> None:
        self._speaker = speaker
        self._due = due
        self._in_json = in_json
        self._told = (0.0, -1)
        self._ended = 0
        self._fractions: dict[str, float] = {}
        self._began = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %", markup=False),
            TextColumn("{task.fields[left]}", markup=False),
            console=speaker.console,
            transient=True,
            disable=not speaker.console.is_terminal,
        )
        self._line = self._bar.add_task("", total=1.0, left="")

    def __enter__(self) -> BatchProgress:
        self._bar.start()
        self._show()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def heard(self, piece: Piece, event: events.Event) -> None:
        """See :class:`~neural_style.batch.run.Audience`."""
        match event:
            case events.Progress():
                self._fractions[piece.output] = event.fraction
                self._show()
            case events.Paused():
                self._speaker.say(
                    f"{piece.output} is paused: `neural-style resume {event.job}` continues it."
                )

    def ended(self, result: Result) -> None:
        """See :class:`~neural_style.batch.run.Audience`."""
        self._fractions.pop(result.piece.output, None)
        self._ended += 1
        for note in result.notes:
            self._speaker.note(f"{result.piece.output}: {note}")
        self._speaker.say(f"{_words_of(result)} {self._ended} of {self._due}{self._time_left()}.")
        self._show()

    def _fraction(self) -> float:
        return (self._ended + sum(self._fractions.values())) / max(1, self._due)

    def _time_left(self) -> str:
        done = self._fraction()
        if not 0 < done < 1:
            return ""
        left = (time.monotonic() - self._began) * (1 - done) / done
        return f", about {duration(left)} left"

    def _show(self) -> None:
        words = f"Painting {min(self._ended + 1, self._due)} of {self._due}"
        self._tell()
        left = self._time_left().removeprefix(", ")
        self._bar.update(
            self._line, description=words, completed=self._fraction(), left=left, refresh=False
        )

    def _tell(self) -> None:
        """Print the progress for a program, if it is another one than before."""
        fraction = round(self._fraction(), PROGRESS_DIGITS)
        if self._in_json and (fraction, self._ended) != self._told:
            self._told = fraction, self._ended
            print_json({"progress": fraction, "ended": self._ended, "due": self._due})


def announce(pieces: Sequence[Piece], speaker: Speaker) -> None:
    """Say what is there and what is to be done."""
    states = Counter(piece.state for piece in pieces)
    words = [f"{_pictures(len(pieces))}: {states['painted']} painted before"]
    if states["failed"]:
        words.append(f"{states['failed']} failed before")
    speaker.say(", ".join([*words, f"{states['due']} to paint."]))


def report(run: BatchRun, arithmetic: str, interruptions: int, speaker: Speaker) -> int:
    """Say what has become of all pictures, and return the exit status.

    Raises:
        NeuralStyleError: what has ended the run; not with ``--json``.
    """
    hows = Counter(result.how for result in run.results)
    failed = [result for result in run.results if result.how.startswith("failed")]
    words = f"{_pictures(hows['painted'])} painted, {hows['there']} there before"
    words += f", {hows['left']} left to paint." if hows["left"] else "."
    if failed:
        names = ", ".join(result.piece.output for result in failed)
        words += f" Not painted: {names}. `--retry` tries them again."
    speaker.say(words)
    status = _status(run, failed, interruptions)
    if speaker.as_json:
        answer: dict[str, Any] = {
            "pictures": [_values(result) for result in run.results],
            "counts": {how: hows[how] for how in sorted(hows)},
            "arithmetic": arithmetic,
            "ending": "stopped" if interruptions else "failed" if status else "finished",
            "notes": speaker.notes,
        }
        if run.error is not None:
            answer["error"] = error_values(run.error)
        elif failed:
            answer["error"] = {**error_values(_error_of(failed[0])), "sentence": words}
        print_json(answer)
    elif run.error is not None:
        raise run.error
    return status


def _status(run: BatchRun, failed: Sequence[Result], interruptions: int) -> int:
    if interruptions:
        return INTERRUPTED
    if run.error is not None:
        return run.error.exit_status
    if failed:
        return _error_of(failed[0]).exit_status
    return LEFT if any(result.how == "left" for result in run.results) else 0


def _error_of(result: Result) -> NeuralStyleError:
    """Why a piece has failed, in this run or before."""
    if result.error is not None:
        return result.error
    assert result.record is not None
    return error_from_code(result.record.error_code, result.record.error, "", {})


def _words_of(result: Result) -> str:
    name, record = result.piece.output, result.record
    match result.how:
        case "painted":
            assert record is not None
            size = f"{record.width} × {record.height}"
            return f"{name} ({size}) after {record.steps} steps and {record.elapsed:.1f} seconds:"
        case "failed":
            return f"{name} is not painted: {result.error}"
        case "there":
            return f"{name} was painted by another program:"
        case _:
            return f"{name} was discarded:"


def _values(result: Result) -> dict[str, Any]:
    """One picture for JSON."""
    piece, record = result.piece, result.record
    values: dict[str, Any] = {
        "content": str(piece.pair.content),
        "style": str(piece.pair.style),
        "output": piece.output,
        "outcome": result.how,
        "notes": list(result.notes),
    }
    if record is not None and result.how in ("painted", "there"):
        values |= {"width": record.width, "height": record.height, "steps": record.steps}
        values |= {"seconds": round(record.elapsed, 3), "sha256": record.sha256}
    if result.how.startswith("failed"):
        values["error"] = error_values(_error_of(result))
    return values


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"
