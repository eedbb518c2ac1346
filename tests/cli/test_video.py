"""``neural-style video`` against the stand-in daemon: what is painted, kept, and told."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.conftest import FRAMES, Run
from clip_maker import damaged, make_clip, sound_of
from neural_style.video import clips
from service.standin_daemon import StandinDaemon
from service.standin_worker import Script, frames_told


@pytest.fixture(autouse=True)
def _quick(home_daemon: StandinDaemon) -> Iterator[None]:
    Script(steps=3).write(home_daemon.home.root)
    yield
    Script(steps=3).write(home_daemon.home.root)


def colour(path: Path) -> tuple[int, ...]:
    with Image.open(path) as image:
        found = image.convert("RGB").getpixel((5, 5))
    assert isinstance(found, tuple)
    return found


def chain(daemon: StandinDaemon, since: int) -> list[tuple[bool, int]]:
    """Of the frames after the first ``since``: whether each follows, and how many are before."""
    told = list(frames_told(daemon.home.root).values())[since:]
    return [(follows, len(before)) for follows, before, _ in told]


def count(daemon: StandinDaemon) -> int:
    return len(frames_told(daemon.home.root))


def test_a_clip_is_painted_with_its_sound_and_times(
    run: Run, home_daemon: StandinDaemon, clip: Path, style: Path, tmp_path: Path
) -> None:
    before = count(home_daemon)
    output = tmp_path / "painted.mp4"
    done = run("video", clip, "--style", style, "-o", output, "--coherence", 70, "--json")
    assert done.status == 0, done.out
    assert (done.json["painted"], done.json["ending"]) == (FRAMES, "finished")
    painted, source = list(clips.frames(output)), list(clips.frames(clip))
    assert [frame.moment for frame in painted] == [frame.moment for frame in source]
    ours = np.frombuffer(painted[0].picture.data, np.uint8).astype(int)
    theirs = np.frombuffer(source[0].picture.data, np.uint8).astype(int)
    assert np.abs(ours - (255 - theirs)).mean() < 8  # the stand-in inverts
    assert sound_of(output) == sound_of(clip)
    assert chain(home_daemon, before) == [(False, 0), (True, 1), (True, 2), (True, 3), (True, 4)]
    assert list(frames_told(home_daemon.home.root).values())[-1][2] == 70.0
    assert not (tmp_path / "painted.mp4.frames").exists()


def test_the_daemon_keeps_nothing_of_a_finished_clip(
    run: Run, home_daemon: StandinDaemon, clip: Path, style: Path, tmp_path: Path
) -> None:
    with home_daemon.client() as client:
        before = {job.job for job in client.jobs()}
    run("video", clip, "--style", style, "-o", tmp_path / "painted.mp4")
    with home_daemon.client() as client:
        assert {job.job for job in client.jobs()} <= before


def test_a_folder_becomes_a_folder_in_the_order_of_its_numbers(
    run: Run, home_daemon: StandinDaemon, folder: Path, style: Path, tmp_path: Path
) -> None:
    before = count(home_daemon)
    done = run("video", folder, "--style", style, "-o", tmp_path / "out", "--json")
    assert (done.status, done.json["painted"]) == (0, 3)
    assert sorted(p.name for p in (tmp_path / "out").glob("*.png")) == [
        "f10.png",
        "f11.png",
        "f9.png",
    ]
    assert [colour(tmp_path / "out" / f"f{n}.png")[0] for n in (9, 10, 11)] == [165, 155, 145]
    assert chain(home_daemon, before) == [(False, 0), (True, 1), (True, 2)]


def test_a_folder_becomes_a_clip_and_a_clip_a_folder(
    run: Run, folder: Path, clip: Path, style: Path, tmp_path: Path
) -> None:
    made = run("video", folder, "--style", style, "-o", tmp_path / "a.mkv", "--rate", 10)
    assert made.status == 0
    starts = [float(frame.moment.start) for frame in clips.frames(tmp_path / "a.mkv")]
    assert starts == [0.0, 0.1, 0.2]
    done = run("video", clip, "--style", style, "-o", tmp_path / "single", "--json")
    assert "no sound" in done.json["notes"][-1]
    names = sorted(path.name for path in (tmp_path / "single").glob("*.png"))
    assert names == [f"{number:06d}.png" for number in range(1, FRAMES + 1)]


def test_a_preview_is_the_beginning_of_the_whole(
    run: Run, home_daemon: StandinDaemon, clip: Path, style: Path, tmp_path: Path
) -> None:
    before = count(home_daemon)
    command = ("video", clip, "--style", style, "-o", tmp_path / "a.mp4")
    preview = run(*command, "--preview", "--json")
    assert (preview.json["painted"], preview.json["ending"]) == (3, "preview")
    assert len(list((tmp_path / "a.mp4.frames").glob("*.png"))) == 3
    assert not (tmp_path / "a.mp4").exists()
    assert run(*command).status == 0
    assert count(home_daemon) - before == FRAMES


def test_what_is_there_already_is_not_painted_again(
    run: Run, home_daemon: StandinDaemon, clip: Path, folder: Path, style: Path, tmp_path: Path
) -> None:
    for source, output in ((clip, "a.mp4"), (folder, "out")):
        command = ("video", source, "--style", style, "-o", tmp_path / output)
        assert run(*command).status == 0
        before = count(home_daemon)
        assert run(*command).status == 0
        assert count(home_daemon) == before


def test_frames_of_another_order_are_not_mixed_in(
    run: Run, folder: Path, style: Path, tmp_path: Path
) -> None:
    command = ("video", folder, "--style", style, "-o", tmp_path / "out")
    run(*command)
    for change in (("--strength", 80), ("--coherence", 10)):
        done = run(*command, *change)
        assert done.status == 3
        assert "of other settings" in done.err
    (folder / "f11.png").unlink()
    assert run(*command).status == 3


def test_a_frame_that_fails_three_times_is_left_out(
    run: Run, home_daemon: StandinDaemon, folder: Path, style: Path, tmp_path: Path
) -> None:
    """The others are painted; the next run tries it again."""
    before = count(home_daemon)
    refused = zlib.crc32(bytes((100, 0, 0)) * (48 * 32))
    Script(steps=3, refuses=refused).write(home_daemon.home.root)
    command = ("video", folder, "--style", style, "-o", tmp_path / "out", "--json")
    done = run(*command)
    assert done.status == 4
    assert [each["frame"] for each in done.json["failed"]] == [2]
    assert "2 of 3 frames are painted. Not painted: 2." in done.json["error"]["sentence"]
    assert not (tmp_path / "out" / "f10.png").exists()
    assert chain(home_daemon, before)[-1] == (True, 1)
    kept = (tmp_path / "out" / "f9.png").stat().st_mtime_ns
    Script(steps=3).write(home_daemon.home.root)
    assert run(*command).status == 0
    assert (tmp_path / "out" / "f10.png").exists()
    assert (tmp_path / "out" / "f9.png").stat().st_mtime_ns == kept


def test_a_clip_holds_the_frame_before_one_that_failed(
    run: Run, home_daemon: StandinDaemon, clip: Path, style: Path, tmp_path: Path
) -> None:
    refused = zlib.crc32(list(clips.frames(clip))[2].picture.data)
    Script(steps=3, refuses=refused).write(home_daemon.home.root)
    output = tmp_path / "a.mp4"
    done = run("video", clip, "--style", style, "-o", output)
    assert done.status == 4
    starts = [round(frame.moment.start * 1000) for frame in clips.frames(output)]
    assert starts == [0, 40, 120, 160]
    assert (tmp_path / "a.mp4.frames").is_dir()


def test_a_picture_that_cannot_be_read_is_left_out(
    run: Run, folder: Path, style: Path, tmp_path: Path
) -> None:
    (folder / "f10.png").write_bytes(b"no picture")
    done = run("video", folder, "--style", style, "-o", tmp_path / "out", "--json")
    assert done.status == 3
    assert (done.json["painted"], done.json["failed"][0]["frame"]) == (2, 2)


def test_broken_frames_of_a_clip_are_told(
    run: Run, clip: Path, style: Path, tmp_path: Path
) -> None:
    damaged(clip, 2)
    done = run("video", clip, "--style", style, "-o", tmp_path / "a.mp4", "--json")
    assert (done.status, done.json["painted"], done.json["unreadable"]) == (0, FRAMES - 1, 1)
    assert "cannot be read, and are left out" in done.json["notes"][0]


def test_a_clip_of_one_frame_without_sound(run: Run, style: Path, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "one.mp4", 1, sound=False)
    done = run("video", clip, "--style", style, "-o", tmp_path / "a.mp4", "--preview", "--json")
    assert (done.status, done.json["ending"]) == (0, "finished")
    assert len(list(clips.frames(tmp_path / "a.mp4"))) == 1


def test_pictures_of_several_sizes_become_no_clip(
    run: Run, home_daemon: StandinDaemon, folder: Path, style: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (64, 40)).save(folder / "f12.png")
    before = count(home_daemon)
    refused = run("video", folder, "--style", style, "-o", tmp_path / "a.mp4")
    assert (refused.status, count(home_daemon)) == (3, before)
    assert "48 × 32, 64 × 40" in refused.err
    assert run("video", folder, "--style", style, "-o", tmp_path / "out").status == 0


def test_a_source_is_never_its_own_output(run: Run, folder: Path, style: Path) -> None:
    refused = run("video", folder, "--style", style, "-o", folder)
    assert refused.status == 3
    assert "both the source and the output" in refused.err


@pytest.mark.parametrize("name", ["missing.mp4", "words.mp4"])
def test_a_bad_source_is_a_sentence(run: Run, style: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "words.mp4").write_text("These are words.")
    done = run("video", tmp_path / name, "--style", style, "-o", tmp_path / "a.mp4")
    assert done.status == 3
    assert name in done.err


def test_an_empty_folder_is_a_sentence(run: Run, style: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("video", tmp_path / "empty", "--style", style, "-o", tmp_path / "out")
    assert done.status == 3
    assert "There is no picture in" in done.err


def test_weights_must_fit_the_styles(run: Run, folder: Path, style: Path, tmp_path: Path) -> None:
    command = ("video", folder, "--style", style, "-o", tmp_path / "out")
    assert run(*command, "--style-weight", 1, "--style-weight", 2).status == 2
    assert run(*command, "--style-weight", 0).status == 2
