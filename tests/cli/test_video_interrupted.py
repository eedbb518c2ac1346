"""``neural-style video`` that is interrupted, killed, or finds a full disk: nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from cli.conftest import FRAMES, Run
from clip_maker import make_clip
from neural_style.cli import frame_chain
from neural_style.picture_files.loaded import KeptMetadata
from neural_style.video.work_folder import RECORD
from neural_style_protocol.errors import StorageError
from neural_style_protocol.paths import VARIABLE
from neural_style_protocol.pixels import Picture
from service.standin_daemon import StandinDaemon
from service.standin_worker import Script, frames_told


@pytest.fixture(autouse=True)
def _quick(home_daemon: StandinDaemon) -> Iterator[None]:
    Script(steps=3).write(home_daemon.home.root)
    yield
    Script(steps=3).write(home_daemon.home.root)


def count(daemon: StandinDaemon) -> int:
    return len(frames_told(daemon.home.root))


def test_a_run_that_is_killed_while_it_tidies_up_is_over(
    run: Run,
    home_daemon: StandinDaemon,
    clip: Path,
    style: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The clip is written, so nothing is painted again, and what was left is removed."""
    command = ("video", clip, "--style", style, "-o", tmp_path / "a.mp4")
    real, removed = Path.unlink, []

    def killed(path: Path, missing_ok: bool = False) -> None:
        if path.parent == tmp_path / "a.mp4.frames":
            removed.append(path)
            if len(removed) > 1:
                raise KeyboardInterrupt
        real(path, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", killed)
        assert run(*command).status == 130
    assert (tmp_path / "a.mp4.frames").is_dir()
    before = count(home_daemon)
    assert run(*command).status == 0
    assert count(home_daemon) == before
    assert not (tmp_path / "a.mp4.frames").exists()


KILLED_WHILE_IT_WRITES = """
import os, signal, sys
from neural_style.cli import main
from neural_style.video import clips

real, written = clips._frame_of, []

def frame_of(*arguments):
    written.append(arguments)
    if len(written) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)

clips._frame_of = frame_of
main(sys.argv[1:])
"""


def test_nothing_is_left_of_a_run_that_is_killed_while_it_writes_the_clip(
    run: Run, home_daemon: StandinDaemon, clip: Path, style: Path, tmp_path: Path
) -> None:
    output = tmp_path / "a.mp4"
    arguments = [str(a) for a in ("video", clip, "--style", style, "-o", output)]
    process = start(home_daemon, arguments, ("-c", KILLED_WHILE_IT_WRITES))
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert [path for path in tmp_path.rglob(".*") if path.suffix != ".json"]
    assert run(*arguments).status == 0
    assert sorted(tmp_path.iterdir()) == sorted((clip, style, output))


def test_an_unfinished_file_keeps_no_work_folder(
    run: Run, clip: Path, style: Path, tmp_path: Path
) -> None:
    """It is that of a frame, or of the record, when the command was killed."""
    left = tmp_path / "a.mp4.frames" / ".neural-style-0123456789abcdef"
    left.parent.mkdir()
    left.touch()
    assert run("video", clip, "--style", style, "-o", tmp_path / "a.mp4").status == 0
    assert not left.parent.exists()


def test_ctrl_c_keeps_what_is_painted(
    home_daemon: StandinDaemon, run: Run, clip: Path, style: Path, tmp_path: Path
) -> None:
    before = count(home_daemon)
    Script(steps=60, seconds_per_step=0.02).write(home_daemon.home.root)
    arguments = [str(a) for a in ("video", clip, "--style", style, "-o", tmp_path / "a.mp4")]
    process = start(home_daemon, arguments)
    frames = tmp_path / "a.mp4.frames"
    wait_for(lambda: len(list(frames.glob("0*.png"))) >= 2)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "frames are painted. The same command goes on from there." in told
    kept = {path: path.read_bytes() for path in frames.glob("0*.png")}
    assert 2 <= len(kept) < FRAMES
    Script(steps=3).write(home_daemon.home.root)
    assert run(*arguments).status == 0
    assert count(home_daemon) - before <= FRAMES + 2  # those that were stopped, again


KILLED_AFTER_CTRL_C = """
import os, signal, sys
from neural_style.cli import frame_chain, main

frame_chain.FrameChain._leave = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
main(sys.argv[1:])
"""


def test_a_frame_that_was_stopped_by_a_run_that_was_killed_then_is_painted_again(
    home_daemon: StandinDaemon, run: Run, clip: Path, style: Path, tmp_path: Path
) -> None:
    before = count(home_daemon)
    Script(endless=True, seconds_per_step=0.02).write(home_daemon.home.root)
    arguments = [str(a) for a in ("video", clip, "--style", style, "-o", tmp_path / "a.mp4")]
    record = tmp_path / "a.mp4.frames" / RECORD

    def sent() -> list[dict[str, str]]:
        return list(json.loads(record.read_text())["frames"].values()) if record.exists() else []

    process = start(home_daemon, arguments, ("-c", KILLED_AFTER_CTRL_C))
    wait_for(lambda: len(sent()) == 2 and count(home_daemon) > before)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    stopped = sent()[0]
    with home_daemon.client() as client:
        found = client.job(stopped["job"])
    assert (stopped["state"], found.state, found.ending) == ("sent", "done", "stopped")
    Script(steps=3).write(home_daemon.home.root)
    assert run(*arguments).status == 0
    told = list(frames_told(home_daemon.home.root).items())[before:]
    beginnings = [job for job, (follows, _, _) in told if not follows]
    assert (beginnings[0], len(beginnings)) == (found.job, 2)


def start(
    daemon: StandinDaemon, arguments: list[str], program: Sequence[str] = ("-m", "neural_style")
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        env={**os.environ, VARIABLE: str(daemon.home.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(true: object) -> None:
    deadline = time.monotonic() + 60
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
def test_a_command_that_is_killed_goes_on_where_it_was(
    home_daemon: StandinDaemon, run: Run, style: Path, tmp_path: Path
) -> None:
    """At ten moments: nothing that is recorded is painted again, and the result is the same."""
    clip = make_clip(tmp_path / "clip.mp4", 8)
    whole = tmp_path / "whole.mp4"
    assert run("video", clip, "--style", style, "-o", whole).status == 0
    Script(steps=10, seconds_per_step=0.02).write(home_daemon.home.root)
    output = tmp_path / "killed.mp4"
    arguments = [str(a) for a in ("video", clip, "--style", style, "-o", output)]
    for moment in range(10):
        process = start(home_daemon, arguments)
        time.sleep(0.9 + 0.13 * moment)
        process.kill()
        process.communicate()
    record = tmp_path / "killed.mp4.frames" / RECORD
    done = {}
    if record.exists():
        done = {n: e["job"] for n, e in json.loads(record.read_text())["frames"].items()}
    assert run(*arguments).status == 0
    assert output.read_bytes() == whole.read_bytes()
    told = Counter(frames_told(home_daemon.home.root))
    assert all(told[job] <= 1 for job in done.values())


@pytest.mark.slow
def test_a_daemon_that_is_killed_too_goes_on_with_its_frames(
    home_daemon: StandinDaemon, run: Run, style: Path, clip: Path, tmp_path: Path
) -> None:
    Script(steps=200, seconds_per_step=0.01).write(home_daemon.home.root)
    arguments = [str(a) for a in ("video", clip, "--style", style, "-o", tmp_path / "a.mp4")]
    process = start(home_daemon, arguments)
    wait_for(lambda: len(list((tmp_path / "a.mp4.frames").glob("0*.png"))) >= 1)
    home_daemon.kill()
    process.kill()
    process.communicate()
    Script(steps=3).write(home_daemon.home.root)
    home_daemon.start()
    done = run(*arguments, "--json")
    assert (done.status, done.json["painted"]) == (0, FRAMES)


def test_a_full_disk_loses_nothing(
    run: Run,
    home_daemon: StandinDaemon,
    folder: Path,
    style: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A frame that cannot be saved is still in the daemon, and is fetched by the next run."""
    before = count(home_daemon)
    command = ("video", folder, "--style", style, "-o", tmp_path / "out")
    real = frame_chain.saving.save

    def full(made: Picture, path: Path, kept: KeptMetadata) -> tuple[str, ...]:
        if path.name == "f10.png":
            raise StorageError("{path} cannot be written (No space left on device).", path=path)
        return real(made, path, kept)

    with monkeypatch.context() as patched:
        patched.setattr(frame_chain.saving, "save", full)
        refused = run(*command)
    assert refused.status == 7
    assert "No space left" in refused.err
    assert run(*command).status == 0
    assert len(list((tmp_path / "out").glob("*.png"))) == 3
    assert count(home_daemon) - before == 3
