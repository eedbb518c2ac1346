"""The command line, the service and the real engine together, on a small picture."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image

from cli.conftest import started
from neural_style_protocol.launcher import connect
from neural_style_protocol.paths import Home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WAIT_SECONDS = 240


def test_a_picture_is_finished_although_its_worker_is_killed(home: Home, tmp_path: Path) -> None:
    photo, style = tmp_path / "photo.png", tmp_path / "style.png"
    Image.effect_noise((64, 48), 60).convert("RGB").save(photo)
    Image.effect_noise((40, 40), 90).convert("RGB").save(style)
    output = tmp_path / "out.png"
    command = ["stylize", photo, style, "-o", output, "--iterations", "150", "--json"]
    with started(command, home) as process:
        killed = _kill_worker_at_step(home, 8, process)
        out, err = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 0, err
    answer = json.loads(out)
    assert (answer["width"], answer["height"], answer["daemon"]["started"]) == (64, 48, True)
    with Image.open(output) as made, Image.open(photo) as source:
        assert made.size == source.size
        assert made.tobytes() != source.tobytes()
    with connect(home) as client:
        assert client.status().worker_pid not in (0, killed)
        assert client.daemon.pid == answer["daemon"]["pid"]


def _kill_worker_at_step(home: Home, step: int, process: subprocess.Popen[str]) -> int:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
        if not home.connection_file.exists():
            continue
        with connect(home) as client:
            while time.monotonic() < deadline and process.poll() is None:
                now = client.status()
                if any(line.step >= step for line in now.jobs):
                    os.kill(now.worker_pid, signal.SIGKILL)
                    return now.worker_pid
                client.wait(0.02)
    raise AssertionError(f"the job has not begun: {process.communicate(timeout=10)}")


def test_the_parts_of_a_batch_are_the_whole(home: Home, tmp_path: Path) -> None:
    """The same bits, whichever part a picture belongs to, and whoever else paints meanwhile."""
    (tmp_path / "photos").mkdir()
    for number in range(2):
        noise = Image.effect_noise((64, 48), 40 + 30 * number).convert("RGB")
        noise.save(tmp_path / "photos" / f"{number}.png")
    Image.effect_noise((40, 40), 90).convert("RGB").save(tmp_path / "style.png")

    def command(out: str, *more: object) -> list[object]:
        words = ["batch", tmp_path / "photos", "--style", tmp_path / "style.png", "--json"]
        return [*words, "-o", tmp_path / out, "--iterations", 5, *more]

    with (
        started(command("whole"), home) as whole,
        started(command("parts", "--part", "1/2"), home) as first,
        started(command("parts", "--part", "2/2", "--own-daemon"), home) as second,
    ):
        answers = [each.communicate(timeout=WAIT_SECONDS) for each in (whole, first, second)]
    assert [each.returncode for each in (whole, first, second)] == [0, 0, 0], answers
    for number in range(2):
        name = f"{number}-style.png"
        made = (tmp_path / "whole" / name).read_bytes()
        assert made == (tmp_path / "parts" / name).read_bytes()
    assert (tmp_path / "whole" / "0-style.png").read_bytes() != made
