"""Several photos in the same style, one after another, into one folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neural_style.cli.following import follow
from neural_style.cli.inputs import Inputs, Region, load_inputs
from neural_style.cli.interrupts import Interrupts, interrupts
from neural_style.cli.json_output import error_values, print_json
from neural_style.cli.options import DAEMON_COMMAND, INTERRUPTED
from neural_style.cli.results import save_picture
from neural_style.cli.terminal import Speaker
from neural_style.picture_files import limits, reading, targets
from neural_style.picture_files.formats import format_for
from neural_style_protocol.client import Client
from neural_style_protocol.errors import (
    InputError,
    NeuralStyleError,
    StorageError,
    WorkerError,
)
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.result_size import result_size
from neural_style_protocol.settings import Settings

SMALLEST_PHOTO = 1
"""Pixels: a style that can be read for such a photo can be read for every one."""


@dataclass(frozen=True)
class Order:
    """What is to be painted, and how; ``output`` is a folder where there are several photos."""

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
        """The pictures that every photo is painted with."""
        return (*self.styles, *(path for path in (self.mask, self.initial) if path))


@dataclass(frozen=True)
class Outcome:
    """What came of one photo: ``told`` is for JSON, ``error`` is why there is no picture."""

    photo: Path
    told: dict[str, Any]
    error: NeuralStyleError | None = None

    @property
    def is_painted(self) -> bool:
        return bool(self.told.get("output"))


@dataclass(frozen=True)
class _Session:
    """What all photos of one run share; ``total`` is how many they are."""

    client: Client
    order: Order
    stops: Interrupts
    total: int


def paint_all(order: Order, speaker: Speaker) -> int:
    """Paint every photo of ``order``, tell what came of each, and return the exit status.

    A photo that cannot be read or painted is passed over. An interrupt ends the whole, and keeps
    the picture as it is; two leave it out.

    Raises:
        NeuralStyleError: nothing can be begun: a style cannot be read, say, or nothing saved.
    """
    for path in order.shared:
        _check_shared(path, is_style=path in order.styles)
    if len(order.styles) > 1:
        names = ", ".join(path.name for path in order.styles)
        speaker.note(f"Every photo is painted in {len(order.styles)} styles at once: {names}.")
    outputs = plan_outputs(order.photos, order.output)
    _check(order, outputs)
    outcomes: list[Outcome] = []
    with (
        connect_or_start(Home.find(), DAEMON_COMMAND, name="neural-style stylize") as client,
        interrupts() as stops,
    ):
        session = _Session(client, order, stops, len(outputs))
        for number, (photo, output) in enumerate(zip(order.photos, outputs, strict=True)):
            outcome = _paint(session, number, photo, output, Speaker(as_json=speaker.as_json))
            outcomes.append(outcome)
            if stops.count or _ends_all(outcome.error):
                break
        daemon = {"pid": client.daemon.pid}
    return _tell(session, outcomes, daemon, speaker)


def load_order(order: Order, photo: Path, output: Path, speaker: Speaker) -> Inputs:
    """The pictures for one photo of ``order``, whose result fits into the format of ``output``.

    Raises:
        InputError: a picture cannot be used, or its result is too large for the format.
    """
    inputs = load_inputs(
        photo,
        order.styles,
        weights=order.weights,
        regions=order.regions,
        mask=order.mask,
        initial=order.initial,
        say=speaker.note,
    )
    content = inputs.content
    limits.check_size(output, *result_size(order.settings, content.width, content.height))
    return inputs


def plan_outputs(photos: Sequence[Path], folder: Path) -> list[Path]:
    """A file in ``folder`` for each photo, under its own name, and no two the same.

    A second ``1.png`` becomes ``1-2.png``. A photo whose format cannot be written becomes a PNG.
    """
    wanted = [_writable_name(photo) for photo in photos]
    taken: set[str] = set()
    outputs = []
    for number, name in enumerate(wanted):
        others = {other.casefold() for other in wanted[number + 1 :]}
        unique, count = name, 1
        while unique.casefold() in taken or (count > 1 and unique.casefold() in others):
            count += 1
            unique = f"{Path(name).stem}-{count}{Path(name).suffix}"
        taken.add(unique.casefold())
        outputs.append(folder / unique)
    return outputs


def _writable_name(photo: Path) -> str:
    try:
        format_for(photo)
    except InputError:
        return f"{photo.stem}.png"
    return photo.name


def _check(order: Order, outputs: Sequence[Path]) -> None:
    """Find out before the work whether all can be saved, and nothing is lost by it."""
    folder = order.output
    if folder.exists() and not folder.is_dir():
        raise StorageError(
            f"{folder} is a file, not a folder.", next_step="Name a folder for the pictures."
        )
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The folder {folder} cannot be made ({error.strerror}).",
            next_step="Choose another place.",
        ) from error
    for output in outputs:
        if any(_is_same(output, path) for path in (*order.photos, *order.shared)):
            raise StorageError(
                f"The painted picture would replace {output}, which it is made from.",
                next_step="Choose another folder.",
            )
        targets.check_writable(output)


def _check_shared(path: Path, *, is_style: bool) -> None:
    """Find out before the work what would fail with every photo."""
    if path.is_fifo():
        raise InputError(
            f"{path} is a pipe, which can be read only once, and there may be several photos.",
            next_step="Save the picture in a file first.",
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


def _paint(session: _Session, number: int, photo: Path, output: Path, speaker: Speaker) -> Outcome:
    client, order = session.client, session.order
    told: dict[str, Any] = {"content": str(photo), "notes": speaker.notes}
    place = f"{number + 1} of {session.total}"
    try:
        inputs = load_order(order, photo, output, speaker)
        job = client.submit(
            inputs.content, inputs.styles, order.settings, mask=inputs.mask, initial=inputs.initial
        )
        finished = follow(client, job, speaker, stops=session.stops, place=place)
        if finished is None:
            return Outcome(photo, {**told, "output": None, "ending": "discarded"})
        return Outcome(photo, {**told, **save_picture(finished, output, speaker, inputs.kept)})
    except NeuralStyleError as error:
        speaker.say(f"Not painted: {error}")
        return Outcome(photo, {**told, "output": None, "error": error_values(error)}, error)


def _ends_all(error: NeuralStyleError | None) -> bool:
    """Whether the next photo would meet the same failure: a full disk, a daemon that is gone."""
    return error is not None and not isinstance(error, (InputError, WorkerError))


def _tell(
    session: _Session, outcomes: Sequence[Outcome], daemon: dict[str, Any], speaker: Speaker
) -> int:
    """Say what came of all, and return the exit status."""
    failed = [outcome for outcome in outcomes if outcome.error]
    first = failed[0].error if failed else None
    was_stopped = session.stops.count > 0
    painted = sum(outcome.is_painted for outcome in outcomes)
    summary = f"{painted} of {session.total} photos are painted."
    if failed:
        summary += f" Not painted: {', '.join(str(outcome.photo) for outcome in failed)}."
    speaker.say(summary)
    if speaker.as_json:
        answer: dict[str, Any] = {
            "pictures": [outcome.told for outcome in outcomes],
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
