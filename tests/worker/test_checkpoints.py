"""Checkpoints on disk: what a run knew comes back, and nothing else is taken for it."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor

from neural_style.engine import Losses, Progress, State
from neural_style.jobstore.job_folder import JobFolder
from neural_style.worker.checkpoints import Checkpoints
from neural_style.worker.stored_state import pack, unpack

PROGRESS = Progress(7, 20, 0.3, Losses({"content": 1, "style": 2}), (5, 4), scale=1, evaluation=3)
STATE = {
    "point": torch.randn(1, 3, 4, 5),
    "s0": torch.randn(60).to(torch.bfloat16),
    "yz": torch.randn(2, 2, dtype=torch.float64),
    "nothing": torch.zeros(0, 0, dtype=torch.float64),
    "one": torch.tensor(2.5, dtype=torch.float64),
}


class Drawn:
    """An iterate with a state of so many tensors."""

    def __init__(self, state: State | None) -> None:
        self._state = state

    def __call__(self) -> Tensor:
        return torch.full((3, 4, 5), 0.25)

    def state(self, most_bytes: int) -> State | None:
        assert most_bytes > 0
        return self._state


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return JobFolder(tmp_path)


def write(folder: JobFolder, state: State | None) -> None:
    Checkpoints(folder).write(PROGRESS, Drawn(state), 1.5)


def read_state(folder: JobFolder) -> State | None:
    found = Checkpoints(folder).read()
    assert found is not None
    checkpoint, elapsed = found
    assert (checkpoint.scale, checkpoint.evaluation, checkpoint.step) == (1, 3, 7)
    assert elapsed == 1.5
    torch.testing.assert_close(checkpoint.image, Drawn(None)())
    return checkpoint.state


def test_a_state_comes_back_bit_for_bit(folder: JobFolder) -> None:
    write(folder, STATE)
    state = read_state(folder)
    assert state is not None
    assert list(state) == list(STATE)
    for name, tensor in STATE.items():
        assert state[name].dtype == tensor.dtype
        assert torch.equal(state[name], tensor)


def test_a_picture_may_be_all_there_is(folder: JobFolder) -> None:
    write(folder, None)
    assert read_state(folder) is None


def test_another_versions_state_is_left_alone(
    folder: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, STATE)
    monkeypatch.setattr("neural_style.worker.checkpoints.__version__", "9.9.9")
    assert read_state(folder) is None


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "point", "dtype": "float16", "shape": [1]},
        {"name": "point", "dtype": "float32", "shape": [10_000]},
        {"name": "point", "dtype": "float32", "shape": [-1, -4]},
        {"name": "point", "dtype": "float32", "shape": "much"},
        {"dtype": "float32", "shape": [1]},
        5,
    ],
)
def test_a_damaged_table_costs_the_state_alone(folder: JobFolder, entry: object) -> None:
    write(folder, STATE)
    line, _, rest = folder.checkpoint.read_bytes().partition(b"\n")
    header = {**json.loads(line), "tensors": [entry]}
    folder.checkpoint.write_bytes(json.dumps(header).encode() + b"\n" + rest)
    assert read_state(folder) is None


def test_what_was_packed_is_as_long_as_its_tensors() -> None:
    table, parts = pack(STATE)
    data = bytearray(b"".join(parts))
    assert len(data) == sum(t.numel() * t.element_size() for t in STATE.values())
    assert list(unpack(table, data)) == list(STATE)


def test_large_ones_are_written_more_rarely(
    folder: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr("neural_style.worker.checkpoints.time.monotonic", lambda: now)
    monkeypatch.setattr("neural_style.worker.checkpoints.BYTES_PER_SECOND", 1_000)
    checkpoints = Checkpoints(folder)
    large = Drawn({"point": torch.zeros(5_000)})  # 20 seconds' bytes
    checkpoints.write(PROGRESS, large, 1.0)

    def written_after(seconds: float) -> bool:
        nonlocal now
        now += seconds
        folder.checkpoint.write_bytes(b"")
        checkpoints.write_if_due(PROGRESS, large, 2.0)
        return folder.checkpoint_bytes() > 0

    assert not written_after(19.0)
    assert written_after(3.0)
    small = Drawn(None)
    now += 30.0
    checkpoints.write_if_due(PROGRESS, small, 3.0)
    assert not written_after(9.0)
    assert written_after(2.0)


@contextmanager
def small_files() -> Iterator[None]:
    """No file may be larger than a kilobyte, as on a disk that is nearly full.

    Not a fixture, because pytest would write its report under the same limit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_where_the_disk_has_no_room_for_the_state_the_picture_is_kept(folder: JobFolder) -> None:
    with small_files():
        write(folder, {"point": torch.zeros(1_000)})
    assert read_state(folder) is None
    assert os.listdir(folder.path) == ["checkpoint"]
