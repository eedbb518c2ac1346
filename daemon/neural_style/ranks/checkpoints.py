"""Checkpoints of a run over ranks: each writes its rows, and any number of ranks can read them.

A checkpoint is a folder in the one beside the result. It holds a file of each rank and, written
last, ``place.json``.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from neural_style import __version__
from neural_style.engine.minimise.state import State
from neural_style.engine.scale_run import ScaleRun
from neural_style.engine.share import Bands, Share, Span, agreed
from neural_style.engine.task import Checkpoint
from neural_style.ranks.run import Place, Work
from neural_style_protocol import atomic
from neural_style_protocol.errors import StorageError

PLACE, UNFINISHED = "place.json", "unfinished"
PICTURE = "unfinished.tif"

MOST_BYTES = 1 << 62
"""The state is kept in full, so that a run goes on as if it had not been interrupted."""


@dataclass(frozen=True)
class _Stored:
    """What ``place.json`` says.

    Attributes:
        key: of the picture and all that decides it.
        plan: how the scale was computed, as a place in the list of its plans.
        rows: those of each rank, as pairs.
        dimensions: how many the tensors have that consist of rows of the picture. In the file all
            of these are (3, rows, width).
    """

    key: str
    place: Place
    plan: int
    rows: Sequence[tuple[int, int]]
    dimensions: Mapping[str, int]


class Checkpoints:
    """Writes and reads the checkpoints of one picture.

    Args:
        folder: where they are; all ranks must see the same one.
        key: of the picture and all that decides it. Checkpoints with another key are not read.
        seconds: after a checkpoint, the next one is written so much later.
        share: of all ranks.

    Attributes:
        picture: where the result can be until it is complete; it is removed with the checkpoints.
    """

    def __init__(self, folder: Path, key: str, seconds: float, share: Share) -> None:
        self._folder = folder
        self.picture = folder / PICTURE
        self._key = f"{__version__} {key}"
        self._seconds = seconds
        self._share = share
        self._next = time.monotonic() + seconds

    def write_if_due(
        self, place: Place, at_scale: ScaleRun, bands: Bands, plan: int = 0
    ) -> bool | None:
        """Write one if it is time, by the first rank's clock.

        A scale that each rank computes whole gets none: it takes little time.

        Args:
            plan: is kept, so that a run with as many ranks goes on in the same way.

        Returns:
            Whether it was written in all ranks; None if it was not time.
        """
        if bands.share.count != self._share.count:
            return None
        is_due = torch.tensor([float(time.monotonic() >= self._next)])
        state = at_scale.state(MOST_BYTES) if agreed(self._share, is_due).item() else None
        if state is None:
            return None
        written = self._write(place, plan, state, bands, at_scale.best.paint)
        self._next = time.monotonic() + self._seconds
        return written

    def newest(self, work: Work) -> tuple[Checkpoint, int] | None:
        """This rank's rows of the newest checkpoint; None if there is none for this picture.

        Returns:
            The checkpoint, and its plan if as many ranks have written it, else 0.

        Raises:
            StorageError: it cannot be read.
        """
        found = self._newest_step() if self._share.rank == 0 else -1
        step = int(agreed(self._share, torch.tensor([found])).item())
        stored = self._read(self._folder / _name(step)) if step >= 0 else None
        if stored is None:
            return None
        place = stored.place
        bands = work.bands_at(work.recipe.scales[place.scale])
        if bands.share.count != self._share.count:
            return None  # with so many ranks, this scale is not computed in bands
        state = _rows_of(self._folder / _name(step), stored, bands.own)
        image = state["point"].squeeze(0)
        plan = stored.plan if len(stored.rows) == self._share.count else 0
        return Checkpoint(image, place.scale, place.evaluation, place.step, state), plan

    def remove(self) -> None:
        """Remove all of them: the picture is finished."""
        if self._share.rank == 0:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, place: Place, plan: int, state: State, bands: Bands, like: Tensor) -> bool:
        """Whether all ranks could write their rows, which are as many values as ``like`` has."""
        shape = like.shape[-3:]
        dimensions = {
            name: tensor.ndim for name, tensor in state.items() if tensor.numel() == like.numel()
        }
        kept = {
            name: (tensor.reshape(shape) if name in dimensions else tensor).contiguous()
            for name, tensor in state.items()
        }
        rows = [(span.start, span.stop) for span in bands.spans]
        stored = _Stored(self._key, place, plan, rows, dimensions)
        new, first = self._folder / UNFINISHED, self._share.rank == 0
        return (
            self._all_do(lambda: _make_anew(new) if first else None)
            and self._all_do(lambda: save_file(kept, new / _file(self._share.rank)))
            and self._all_do(lambda: self._complete(new, stored) if first else None)
        )

    def _all_do(self, work: Callable[[], None]) -> bool:
        """Whether it could be done in all ranks."""
        failed = 0.0
        try:
            work()
        except (OSError, SafetensorError, StorageError):
            failed = 1.0
        return self._share.total(torch.tensor([failed])).item() == 0

    def _complete(self, new: Path, stored: _Stored) -> None:
        """Say that all files are there, and remove the older checkpoints."""
        atomic.write(new / PLACE, json.dumps(asdict(stored)).encode())
        older = list(self._folder.glob(_name("*")))
        # A run that went back to an older checkpoint comes to the same step again.
        shutil.rmtree(self._folder / _name(stored.place.step), ignore_errors=True)
        new.rename(self._folder / _name(stored.place.step))
        for folder in older:
            if folder.name != _name(stored.place.step):
                shutil.rmtree(folder, ignore_errors=True)

    def _newest_step(self) -> int:
        """The step of the newest checkpoint for this picture; -1 if there is none."""
        found = [
            stored.place.step
            for folder in self._folder.glob(_name("*"))
            if (stored := self._read(folder)) is not None
        ]
        return max(found, default=-1)

    def _read(self, folder: Path) -> _Stored | None:
        """What is said of a checkpoint; None if it is of another picture, or damaged."""
        try:
            said = json.loads((folder / PLACE).read_text(encoding="utf-8"))
            rows = [(int(start), int(stop)) for start, stop in said["rows"]]
            dimensions = {str(name): int(count) for name, count in said["dimensions"].items()}
            place = Place(**said["place"])
            stored = _Stored(str(said["key"]), place, int(said["plan"]), rows, dimensions)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return stored if stored.key == self._key else None


def _rows_of(folder: Path, stored: _Stored, own: Span) -> State:
    """The state with the rows ``own``, from the files of the ranks that had them.

    Raises:
        StorageError: one is missing or damaged.
    """
    parts: dict[str, list[Tensor]] = {}
    for rank, (start, stop) in enumerate(stored.rows):
        rows = Span(start, stop)
        both = rows.common(own)
        path = folder / _file(rank)
        try:
            with safe_open(path, "pt") as file:
                for name in file.keys():  # noqa: SIM118 (it is no mapping)
                    if name not in stored.dimensions:
                        parts.setdefault(name, [file.get_tensor(name)])
                    elif len(both):
                        part = file.get_slice(name)[:, both.within(rows), :]
                        parts.setdefault(name, []).append(part)
        except (OSError, SafetensorError) as problem:
            raise StorageError(
                "The checkpoint {path} cannot be read ({reason}).",
                next_step="Remove its folder to begin anew, or make it readable on every host.",
                path=path,
                reason=str(problem),
            ) from problem
    return {
        name: _joined(each, stored.dimensions[name]) if name in stored.dimensions else each[0]
        for name, each in parts.items()
    }


def _joined(parts: Sequence[Tensor], dimensions: int) -> Tensor:
    planes = torch.cat(list(parts), 1)
    return {1: planes.flatten(), 3: planes}.get(dimensions, planes.unsqueeze(0))


def _make_anew(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _name(step: int | str) -> str:
    return f"step-{step}"


def _file(rank: int) -> str:
    return f"rank-{rank}.safetensors"
