"""Paint several photos in the same style, as many at once as the daemon can, into one folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from neural_style.batch.by_daemon import DaemonPainter
from neural_style.batch.folder import make_folder
from neural_style.batch.names import plan_outputs
from neural_style.batch.order import Inputs, Order, Outcome, affects_all
from neural_style.cli.following import Bar
from neural_style.cli.inputs import Region, load_inputs
from neural_style.cli.interrupts import Interrupts, counted_interrupts
from neural_style.cli.json_output import error_values, print_json
from neural_style.cli.options import DAEMON_COMMAND, INTERRUPTED
from neural_style.cli.results import save_picture
from neural_style.cli.terminal import Speaker
from neural_style.picture_files import limits, reading, targets
from neural_style.picture_files.loaded import NOTHING_KEPT
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.errors import InputError, NeuralStyleError, StorageError
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.result_size import result_size
from neural_style_protocol.settings import Settings

SMALLEST_PHOTO = 1
"""Pixels. A style that can be read for a photo of this size can be read for every photo."""


@dataclass(frozen=True)
class Request:
    """What to paint, and how; ``output`` is a folder if there are several photos."""

    photos: tuple[Path, ...]
    styles: tuple[Path, ...]
    output: Path
    settings: Settings
    weights: tuple[float, ...]
    regions: tuple[Region, ...]
    mask: Path | None
    initial: Path | None

    @property
    def shared(self) -> tuple[Path, ...]:
        """The pictures that are used for every photo."""
        return (*self.styles, *(path for path in (self.mask, self.initial) if path))


@dataclass(frozen=True)
class _Painted:
    """The outcome for one photo: ``values`` for JSON, and the error if it was not painted."""

    photo: Path
    values: dict[str, Any]
    error: NeuralStyleError | None = None

    @property
    def is_painted(self) -> bool:
        return bool(self.values.get("output"))


@dataclass
class _Audience:
    """A progress bar for the oldest of the photos that are being painted.

    ``speakers`` are those of the photos, which keep their notes apart.
    """

    bar: Bar
    speakers: Sequence[Speaker]
    orders: list[Order] = field(default_factory=list)

    def begun(self, order: Order, job: str) -> None:
        self.orders.append(order)

    def heard(self, order: Order, event: events.Event) -> None:
        speaker = self.speakers[order.number]
        if order is self.orders[0]:
            position = f"{order.number + 1} of {len(self.speakers)}"
            self.bar.show(event, speaker, position)
        elif isinstance(event, events.Notice):
            speaker.note(str(event.phrase))

    def ended(self, order: Order) -> None:
        if order in self.orders:
            self.orders.remove(order)


def paint_all(request: Request, speaker: Speaker) -> int:
    """Paint every photo of ``request``, report each outcome, and return the exit status.

    A photo that cannot be read or painted is skipped. An interrupt ends the run and keeps the
    current picture as it is; those that are painted beside it are discarded. A second interrupt
    discards that picture too.

    Raises:
        NeuralStyleError: no photo can be painted, for example because a style cannot be read.
    """
    for path in request.shared:
        _check_shared(path, is_style=path in request.styles)
    if len(request.styles) > 1:
        names = ", ".join(path.name for path in request.styles)
        speaker.note(f"Every photo is painted in {len(request.styles)} styles at once: {names}.")
    outputs = plan_outputs(request.photos, request.output)
    _check(request, outputs)
    speakers = [speaker.apart() for _ in outputs]
    orders = [
        Order(number, photo, output, partial(load_for, request, photo, output, own))
        for number, (photo, output, own) in enumerate(
            zip(request.photos, outputs, speakers, strict=True)
        )
    ]
    painted: dict[int, _Painted] = {}
    home = Home.find()
    with (
        connect_or_start(home, DAEMON_COMMAND, name="neural-style stylize") as client,
        counted_interrupts() as interrupts,
        Bar(speaker) as bar,
    ):
        audience = _Audience(bar, speakers)
        painter = DaemonPainter(client, request.settings, keeps_current=True)
        outcomes = painter.paint(orders, audience, lambda: interrupts.count)
        for outcome in outcomes:
            audience.ended(outcome.order)
            own = speakers[outcome.order.number]
            painted[outcome.order.number] = _save(outcome, own)
            if affects_all(painted[outcome.order.number].error):
                break
        outcomes.close()
        daemon = {"pid": client.daemon.pid}
    in_order = [painted[number] for number in sorted(painted)]
    return _report(in_order, len(orders), interrupts, daemon, speaker)


def load_for(request: Request, photo: Path, output: Path, speaker: Speaker) -> Inputs:
    """The pictures for one photo of ``request``; checks the result's size for ``output``.

    Raises:
        InputError: a picture cannot be used, or its result is too large for the format.
    """
    inputs = load_inputs(
        photo,
        request.styles,
        weights=request.weights,
        regions=request.regions,
        mask=request.mask,
        initial=request.initial,
        note=speaker.note,
    )
    content = inputs.content
    limits.check_size(output, *result_size(request.settings, content.width, content.height))
    return inputs


def submit(client: Client, request: Request, photo: Path, inputs: Inputs) -> str:
    """Send one ``photo`` of ``request`` to the daemon; returns the job's id."""
    return client.submit(
        inputs.content,
        inputs.styles,
        request.settings,
        mask=inputs.mask,
        initial=inputs.initial,
        title=photo.name,
    )


def _check(request: Request, outputs: Sequence[Path]) -> None:
    """Check before the work that all results can be saved, and that none replaces an input."""
    make_folder(request.output)
    for output in outputs:
        if any(_is_same(output, path) for path in (*request.photos, *request.shared)):
            raise StorageError(
                "The painted picture would replace {output}, which it is made from.",
                next_step="Choose another folder.",
                output=output,
            )
        targets.check_writable(output)


def _check_shared(path: Path, *, is_style: bool) -> None:
    """Check before the work a picture that is used for every photo."""
    if path.is_fifo():
        raise InputError(
            "{path} is a pipe, which can be read only once, and there may be several photos.",
            next_step="Save the picture in a file first.",
            path=path,
        )
    if is_style:
        reading.load_style(path, SMALLEST_PHOTO)
    else:
        reading.load(path)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _save(outcome: Outcome, speaker: Speaker) -> _Painted:
    """Save the picture of a photo, or say why there is none."""
    photo = outcome.order.content
    values: dict[str, Any] = {"content": str(photo), "notes": speaker.notes}
    try:
        if outcome.error is not None:
            raise outcome.error
        if outcome.finished is None:
            return _Painted(photo, {**values, "output": None, "ending": "discarded"})
        kept = outcome.kept or NOTHING_KEPT
        return _Painted(
            photo, {**values, **save_picture(outcome.finished, outcome.order.output, speaker, kept)}
        )
    except NeuralStyleError as error:
        speaker.say(f"Not painted: {error}")
        return _Painted(photo, {**values, "output": None, "error": error_values(error)}, error)


def _report(
    outcomes: Sequence[_Painted],
    total: int,
    interrupts: Interrupts,
    daemon: dict[str, Any],
    speaker: Speaker,
) -> int:
    """Report all outcomes, and return the exit status."""
    failed = [outcome for outcome in outcomes if outcome.error]
    first = failed[0].error if failed else None
    was_stopped = interrupts.count > 0
    painted = sum(outcome.is_painted for outcome in outcomes)
    summary = f"{painted} of {total} photos are painted."
    if failed:
        summary += f" Not painted: {', '.join(str(outcome.photo) for outcome in failed)}."
    speaker.say(summary)
    if speaker.as_json:
        answer: dict[str, Any] = {
            "pictures": [outcome.values for outcome in outcomes],
            "ending": "stopped" if was_stopped else "failed" if first else "finished",
            "daemon": daemon,
            "notes": speaker.notes,
        }
        if first:
            answer["error"] = {**error_values(first), "sentence": summary}
        print_json(answer)
    if was_stopped:
        return INTERRUPTED
    return first.exit_status if first else 0
