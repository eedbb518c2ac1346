"""Signals that a command must handle, and those that it must ignore."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from cli.conftest import Run, press_ctrl_c, started, wait_for_steps
from neural_style.cli.interrupts import counted_interrupts
from neural_style.contact_sheet import GAP, MARGIN, PAPER, TEXT_ROW
from neural_style.picture_files import reading
from neural_style_protocol.paths import VARIABLE, Home
from service.standin_daemon import wait_until
from service.standin_worker import Script


@contextmanager
def handler(number: signal.Signals, kind: signal.Handlers) -> Iterator[None]:
    before = signal.signal(number, kind)
    try:
        yield
    finally:
        signal.signal(number, before)


def test_signals_are_counted_and_ignored_ones_stay_ignored() -> None:
    with handler(signal.SIGTERM, signal.SIG_IGN), counted_interrupts() as counted:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    assert counted.count == 2
    with handler(signal.SIGINT, signal.SIG_IGN), counted_interrupts() as counted:
        os.kill(os.getpid(), signal.SIGINT)
    assert counted.count == 0


def test_a_background_job_is_not_stopped_by_another_ctrl_c(
    endless: Home, content: Path, style: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.png"
    words = [sys.executable, "-m", "neural_style", "stylize", content, style, "-o", output]
    process = subprocess.Popen(
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *words, "--json"],
        env={**os.environ, VARIABLE: str(endless.root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    wait_for_steps(endless)
    process.send_signal(signal.SIGINT)
    time.sleep(1.5)
    assert process.poll() is None
    Script().write(endless.root)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(out)["ending"]) == (0, "finished")


def test_sigterm_saves(endless: Home, content: Path, style: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.png"
    with started(["stylize", content, style, "-o", output, "--json"], endless) as process:
        wait_for_steps(endless)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert json.loads(out)["ending"] == "stopped"
    assert output.exists()


def test_a_picture_can_be_fetched_after_its_terminal_was_closed(
    run: Run, endless: Home, content: Path, style: Path, tmp_path: Path
) -> None:
    with started(["stylize", content, style, "-o", tmp_path / "out.png"], endless) as process:
        job = wait_for_steps(endless)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGHUP
    Script().write(endless.root)
    assert run("fetch", job, "-o", tmp_path / "fetched.png").status == 0
    assert (tmp_path / "fetched.png").exists()


def test_ctrl_c_before_there_is_a_picture(
    run: Run, content: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "load", interrupted)
    done = run("stylize", content, style, "-o", tmp_path / "out.png", "--json")
    assert (done.status, done.json["error"]["code"]) == (130, "interrupted")
    assert run("stylize", content, style, "-o", tmp_path / "out.png").status == 130


@pytest.mark.parametrize(("times", "ending"), [(1, "stopped"), (2, "discarded")])
def test_a_stopped_gallery_keeps_the_painted_pictures(
    slow: Home, content: Path, style: Path, tmp_path: Path, times: int, ending: str
) -> None:
    output = tmp_path / "sheet.png"
    command = ["gallery", content, style, style, "-o", output, "--strengths", "0,50,100", "--json"]
    with started(command, slow) as process:
        first = wait_for_steps(slow)
        wait_until(lambda: wait_for_steps(slow) != first)
        out, err = press_ctrl_c(process, times)
    assert (process.returncode, err) == (130, "")
    answer = json.loads(out)
    assert answer["ending"] == ending
    assert output.exists() is (times == 1)
    if times == 1:
        assert answer["pictures"] == 2
        with Image.open(output) as sheet:
            cell, row = 12 + GAP, MARGIN + TEXT_ROW + 4
            pixels = [sheet.getpixel((MARGIN + column * cell + 6, row)) for column in range(4)]
        assert pixels[0] == (200, 80, 10)
        assert PAPER not in pixels[:3]
        assert pixels[3] == PAPER
