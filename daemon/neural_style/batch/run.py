"""Has the pictures of a batch painted, saves each in its place, and records it."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from neural_style.batch.fingerprint import hash_of
from neural_style.batch.manifest import Manifest, Record
from neural_style.batch.order import Inputs, Order, Outcome, Painter, affects_all
from neural_style.batch.plan import Common, Piece, state_of
from neural_style.picture_files import limits, reading, saving
from neural_style.picture_files.loaded import NOTHING_KEPT
from neural_style_protocol import events
from neural_style_protocol.errors import NeuralStyleError, StorageError, UnknownJobError
from neural_style_protocol.fields import MAX_TEXT
from neural_style_protocol.phrases import reason
from neural_style_protocol.result_size import result_size

How: TypeAlias = Literal["painted", "there", "failed", "failed before", "left"]


@dataclass(frozen=True)
class Result:
    """What became of a piece in this run.

    Attributes:
        how: ``there`` was painted before, and ``failed before`` was not tried again; ``left`` is
            still to be painted.
        record: the piece's, as it is now; None if there is none.
        notes: sentences about changes to its pictures.
        error: why it has failed in this run.
    """

    piece: Piece
    how: How
    record: Record | None
    notes: tuple[str, ...] = ()
    error: NeuralStyleError | None = None


class Audience(Protocol):
    """Is told how a run goes on."""

    def heard(self, piece: Piece, event: events.Event) -> None:
        """``event`` has happened on the way to the picture of ``piece``."""

    def ended(self, result: Result) -> None:
        """``result`` is that of a piece that was due."""


class BatchRun:
    """One run over the pieces of a batch.

    Attributes:
        results: of all pieces, in their order.
        error: what has ended the run before its time; None if nothing has.
    """

    def __init__(
        self, manifest: Manifest, common: Common, pieces: Sequence[Piece], audience: Audience
    ) -> None:
        self._manifest = manifest
        self._common = common
        self._pieces = pieces
        self._audience = audience
        self._notes: dict[int, list[str]] = {}
        self._results = [_untouched(piece) for piece in pieces]
        self.error: NeuralStyleError | None = None

    @property
    def results(self) -> Sequence[Result]:
        return self._results

    def paint(self, painter: Painter, interruptions: Callable[[], int]) -> None:
        """Paint what is due. A picture that fails is recorded, and the others go on."""
        outcomes = painter.paint(self._orders(), self, interruptions)
        try:
            for outcome in outcomes:
                result = self._take(outcome)
                self._results[outcome.order.number] = result
                self._audience.ended(result)
                if result.how == "painted":
                    painter.saved(outcome)
        except NeuralStyleError as error:
            self.error = error
        finally:
            outcomes.close()

    # --- what the painter tells -------------------------------------------------------------

    def begun(self, order: Order, job: str) -> None:
        """See :class:`~neural_style.batch.order.Watch`."""
        piece = self._pieces[order.number]
        self._manifest.write(replace(self._record(piece), outcome="begun", job=job))

    def heard(self, order: Order, event: events.Event) -> None:
        """See :class:`~neural_style.batch.order.Watch`."""
        if isinstance(event, events.Notice):
            self._notes[order.number].append(str(event.phrase))
        self._audience.heard(self._pieces[order.number], event)

    # --- one piece --------------------------------------------------------------------------

    def _orders(self) -> Iterator[Order]:
        """An order for each piece that is due, and that no other program has painted meanwhile."""
        for number, piece in enumerate(self._pieces):
            if piece.state != "due":
                continue
            now = replace(piece, record=self._manifest.record(piece.output))
            if state_of(now, self._manifest.folder, retry=True) == "painted":
                self._results[number] = Result(piece, "there", now.record)
                self._audience.ended(self._results[number])
                continue
            notes = self._notes[number] = []
            output = self._manifest.folder / piece.output
            load = partial(self._load, piece, output, notes)
            yield Order(number, piece.pair.content, output, load, now.job)

    def _load(self, piece: Piece, output: Path, notes: list[str]) -> Inputs:
        photo = reading.load(piece.pair.content)
        content = photo.picture
        limits.check_size(
            output, *result_size(self._common.settings, content.width, content.height)
        )
        style = reading.load_style(piece.pair.style, content.width * content.height)
        notes += photo.notes
        return Inputs(content, photo.kept, ((style.picture, 1.0),))

    def _take(self, outcome: Outcome) -> Result:
        """Save the picture, and record it; or record why there is none.

        Raises:
            NeuralStyleError: the other pictures would fail too.
        """
        piece = self._pieces[outcome.order.number]
        finished, error = outcome.finished, outcome.error
        if isinstance(error, UnknownJobError):
            error = None  # it was removed in another program
        if affects_all(error):
            assert error is not None
            raise error
        if error is not None:
            return self._failed(piece, error)
        if finished is None or finished.ending == "stopped":
            return Result(piece, "left", piece.record)
        return self._painted(piece, outcome, finished)

    def _painted(self, piece: Piece, outcome: Outcome, finished: events.Finished) -> Result:
        output = outcome.order.output
        try:
            notes = saving.save(finished.picture, output, outcome.kept or NOTHING_KEPT)
            record = replace(
                self._record(piece),
                outcome="painted",
                sha256=hash_of(output),
                width=finished.picture.width,
                height=finished.picture.height,
                steps=finished.steps,
                elapsed=finished.elapsed,
                losses=finished.losses,
            )
            self._manifest.write(record)
        except (StorageError, OSError) as problem:
            raise _not_saved(output, problem) from problem
        own = tuple(self._notes[outcome.order.number])
        return Result(piece, "painted", record, own + notes)

    def _failed(self, piece: Piece, error: NeuralStyleError) -> Result:
        record = replace(
            self._record(piece),
            outcome="failed",
            error=str(error)[:MAX_TEXT],
            error_code=error.code,
        )
        self._manifest.write(record)
        return Result(piece, "failed", record, error=error)

    def _record(self, piece: Piece) -> Record:
        return Record(
            outcome="begun",
            output=piece.output,
            fingerprint=piece.fingerprint,
            sources=piece.sources,
            settings=self._common.settings.to_dict(),
            weights_sha256=self._common.weights,
            arithmetic=self._common.arithmetic,
            version=self._common.version,
            host=platform.node()[:MAX_TEXT],
            ended=time.time(),
        )


def _untouched(piece: Piece) -> Result:
    hows: dict[str, How] = {"painted": "there", "failed": "failed before", "due": "left"}
    return Result(piece, hows[piece.state], piece.record)


def _not_saved(output: Path, problem: StorageError | OSError) -> StorageError:
    what = problem.what if isinstance(problem, StorageError) else reason(problem)
    return StorageError(
        "{output} is painted, but not saved: {problem}",
        next_step="Mend that, and run the same command again: it goes on where it was.",
        output=output,
        problem=what,
    )
