"""Ranks that speak by gloo paint the picture that one process paints."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from neural_style import weights
from ranks.a_rank import alone

TESTS = Path(__file__).parents[1]
EXACT = 1e-10
STEPS = 3

DEFAULT = {"size": [80, 66], "settings": {"preset": "draft"}}
TEXTBOOK = {"size": [75, 50], "settings": {"preset": "textbook"}}


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return weights.ensure(tmp_path_factory.mktemp("weights"))


def order(weights_file: Path, what: dict[str, Any], **more: Any) -> dict[str, Any]:
    said = {"evaluations": STEPS, "folder": "", "killed": None, "weights": str(weights_file)}
    return {**said, **what, **more}


def started(count: int, said: dict[str, Any], folder: Path) -> list[subprocess.Popen[str]]:
    folder.mkdir(exist_ok=True)
    path = folder / "order.json"
    path.write_text(json.dumps(said))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count, "MASTER_ADDR": "127.0.0.1"}
    return [
        subprocess.Popen(
            [sys.executable, "-m", "ranks.a_rank", str(path)],
            cwd=TESTS,
            env={
                **os.environ,
                **{name: str(value) for name, value in shared.items()},
                "MASTER_PORT": str(port),
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(count)
    ]


def painted(count: int, said: dict[str, Any], folder: Path) -> Tensor:
    """The paint of all ranks."""
    ranks = started(count, said, folder)
    errors = [rank.communicate(timeout=250)[1] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0] * count, errors
    rows = [torch.load(folder / f"paint-{rank}.pt") for rank in range(count)]
    return torch.cat(rows, 2)


def distance(found: Tensor, right: Tensor) -> float:
    return float((found - right).norm() / right.norm())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "counts"), [(DEFAULT, (1, 2, 4)), (TEXTBOOK, (3,))], ids=["default", "textbook"]
)
def test_ranks_paint_what_one_process_paints(
    weights_file: Path, tmp_path: Path, what: dict[str, Any], counts: tuple[int, ...]
) -> None:
    said = order(weights_file, what)
    right = alone(weights_file, said)
    for count in counts:
        found = painted(count, said, tmp_path / str(count))
        assert found.shape == right.shape
        assert distance(found, right) <= (0 if count == 1 else EXACT), count


@pytest.mark.slow
def test_after_a_killed_rank_all_go_on_from_the_checkpoint(
    weights_file: Path, tmp_path: Path
) -> None:
    whole = painted(2, order(weights_file, DEFAULT), tmp_path / "whole")
    kept = tmp_path / "kept"
    killed = order(weights_file, DEFAULT, folder=str(kept), killed=[1, 2 * STEPS - 1])
    ranks = started(2, killed, tmp_path / "killed")
    errors = [rank.communicate(timeout=250)[1] for rank in ranks]
    assert ranks[1].returncode == -signal.SIGKILL
    assert "Another rank of this picture was lost" in errors[0]
    assert [path.name for path in kept.glob("step-*")] == [f"step-{2 * STEPS - 1}"]

    again = order(weights_file, DEFAULT, folder=str(tmp_path / "two"))
    shutil.copytree(kept, tmp_path / "two")
    assert painted(2, again, tmp_path / "again").equal(whole)

    others = order(weights_file, DEFAULT, folder=str(tmp_path / "one"))
    shutil.copytree(kept, tmp_path / "one")
    assert distance(painted(1, others, tmp_path / "others"), whole) <= EXACT
