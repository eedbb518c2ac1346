"""``neural-style batch``: many contents in many styles, which is taken up where it was left."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from cli.batches import hashes, jobs_so_far, shade
from cli.conftest import Done, Run, press_ctrl_c, started, wait_for_steps
from neural_style.batch.manifest import FOLDER
from neural_style_protocol import atomic
from neural_style_protocol.errors import StorageError
from neural_style_protocol.launcher import connect
from neural_style_protocol.paths import Home
from service.standin_daemon import StandinDaemon, wait_until
from service.standin_worker import Script

Batch = Callable[..., Done]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with three photos of different greys."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for grey, name in ((10, "one.png"), (100, "two [x].png"), (200, "three.png")):
        Image.new("RGB", (12, 8), (grey, grey, grey)).save(folder / name)
    return folder


@pytest.fixture
def styles(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "wave.png", tmp_path / "oak.png"]
    for red, path in zip((30, 60), paths, strict=True):
        Image.new("RGB", (10, 10), (red, 200, 80)).save(path)
    return paths


def options(styles: list[Path]) -> list[object]:
    return [word for style in styles for word in ("--style", style)]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "painted"


@pytest.fixture
def batch(run: Run, photos: Path, styles: list[Path], out: Path) -> Batch:
    """The batch of all photos in all styles, with more words."""
    return lambda *more: run("batch", photos, *options(styles), "-o", out, "--json", *more)


NAMES = {
    f"{photo}-{style}.png" for photo in ("one", "two [x]", "three") for style in ("wave", "oak")
}


def test_each_photo_is_painted_in_each_style(run: Run, photos: Path, styles: list[Path]) -> None:
    out = photos.parent / "new"
    done = run("batch", photos, *options(styles), "-o", out)
    assert done.status == 0, done.err
    assert set(hashes(out)) == NAMES
    assert shade(out / "two [x]-oak.png") == (155,) * 3
    assert "6 pictures: 0 painted before, 6 to paint." in done.err
    assert "5 of 6, about" in done.err
    assert done.err.splitlines()[-1] == "6 pictures painted, 0 there before."


def test_the_manifest_says_what_each_is_made_from(batch: Batch, photos: Path, out: Path) -> None:
    assert batch().status == 0
    record = json.loads((out / FOLDER / "one-oak.png.json").read_text(encoding="utf-8"))
    assert record["outcome"] == "painted"
    assert record["arithmetic"] == "integers in bfloat16"
    assert record["settings"]["strength"] == 50.0
    assert record["sha256"] == hashes(out)["one-oak.png"]
    assert record["sources"][0]["sha256"] == hashes(photos)["one.png"]
    assert len(record["weights_sha256"]) == 64
    assert (record["width"], record["height"], record["error"]) == (12, 8, "")


def test_what_is_painted_is_not_painted_again(
    batch: Batch, out: Path, home_daemon: StandinDaemon
) -> None:
    first = batch()
    assert first.json["counts"] == {"painted": 6}
    before, jobs = hashes(out), jobs_so_far(home_daemon.home)
    again = batch()
    assert (again.status, again.json["counts"], again.json["ending"]) == (
        0,
        {"there": 6},
        "finished",
    )
    assert (hashes(out), jobs_so_far(home_daemon.home)) == (before, jobs)


def test_what_is_missing_or_has_changed_is_painted_again(
    batch: Batch, photos: Path, styles: list[Path], out: Path
) -> None:
    batch()
    (out / "one-oak.png").unlink()
    Image.new("RGB", (12, 8), (0, 0, 0)).save(photos / "three.png")
    done = batch()
    again = {p["output"] for p in done.json["pictures"] if p["outcome"] == "painted"}
    assert again == {"one-oak.png", "three-oak.png", "three-wave.png"}
    assert shade(out / "three-oak.png") == (255,) * 3
    Image.new("RGB", (10, 10), (1, 2, 3)).save(styles[0])
    assert batch().json["counts"] == {"painted": 3, "there": 3}
    assert batch("--strength", "60").json["counts"] == {"painted": 6}
    assert batch("--strength", "60", "--device", "cpu").json["counts"] == {"there": 6}


def test_a_photo_that_was_only_moved_is_not_painted_again(
    run: Run, batch: Batch, photos: Path, styles: list[Path], out: Path
) -> None:
    batch()
    moved = photos.rename(photos.with_name("elsewhere"))
    done = run("batch", moved, *options(styles), "-o", out, "--json")
    assert done.json["counts"] == {"there": 6}


def test_another_photo_of_the_same_name_gets_a_name_of_its_own(
    run: Run, batch: Batch, styles: list[Path], tmp_path: Path, out: Path
) -> None:
    batch()
    before = hashes(out)
    other = tmp_path / "other" / "one.png"
    other.parent.mkdir()
    Image.new("RGB", (12, 8), (50, 50, 50)).save(other)
    for counts in ({"painted": 1}, {"there": 1}):
        done = run("batch", other, "--style", styles[1], "-o", out, "--json")
        assert done.json["counts"] == counts
    (name,) = set(hashes(out)) - set(before)
    assert (name.startswith("one-oak-"), shade(out / name)) == (True, (205,) * 3)
    assert before.items() <= hashes(out).items()


def test_a_file_of_somebody_else_is_not_replaced(batch: Batch, out: Path) -> None:
    out.mkdir()
    (out / "ONE-oak.png").write_bytes(b"mine")
    assert batch().json["counts"] == {"painted": 6}
    assert (out / "ONE-oak.png").read_bytes() == b"mine"
    assert len(hashes(out)) == 7


def test_what_fails_is_recorded_and_the_rest_goes_on(
    batch: Batch, photos: Path, out: Path, home_daemon: StandinDaemon
) -> None:
    (photos / "broken.jpg").write_bytes(b"no picture")
    done = batch()
    assert (done.status, done.json["ending"]) == (3, "failed")
    assert done.json["counts"] == {"failed": 2, "painted": 6}
    (first, _) = (p for p in done.json["pictures"] if p["outcome"] == "failed")
    assert "it is a text" in first["error"]["sentence"]
    jobs = jobs_so_far(home_daemon.home)
    again = batch()
    assert (again.status, again.json["counts"]) == (3, {"failed before": 2, "there": 6})
    assert "broken-oak.jpg" in again.json["error"]["sentence"]
    assert batch("--retry").json["counts"] == {"failed": 2, "there": 6}
    assert jobs_so_far(home_daemon.home) == jobs
    Image.new("RGB", (12, 8), (70, 70, 70)).save(photos / "broken.jpg")
    mended = batch()
    assert (mended.status, mended.json["counts"]) == (0, {"painted": 2, "there": 6})


def test_a_picture_that_the_worker_cannot_paint_is_tried_again_when_asked(
    batch: Batch, home_daemon: StandinDaemon
) -> None:
    Script(crash_at=1, crash_always=True).write(home_daemon.home.root)
    try:
        assert batch("--part", "1/6").json["counts"] == {"failed": 1}
    finally:
        Script().write(home_daemon.home.root)
    assert batch("--part", "1/6").json["counts"] == {"failed before": 1}
    assert batch("--part", "1/6", "--retry").json["counts"] == {"painted": 1}


def test_parts_are_the_whole(
    run: Run, batch: Batch, photos: Path, styles: list[Path], out: Path
) -> None:
    assert batch().status == 0
    whole = hashes(out)
    parts = out.with_name("parts")
    for number in (3, 1, 2):
        words = ["--part", f"{number}/3", "-o", parts, "--json"]
        done = run("batch", photos, *options(styles), *words)
        assert done.json["counts"] == {"painted": 2}
    assert hashes(parts) == whole
    assert batch().json["counts"] == {"there": 6}


def test_parts_at_the_same_time(
    home_daemon: StandinDaemon, batch: Batch, photos: Path, styles: list[Path], out: Path
) -> None:
    """And two programs with the same part: what one has painted, the other does not."""
    assert batch().status == 0
    at_once = out.with_name("at once")
    command = ["batch", photos, *options(styles), "-o", at_once, "--json", "--part"]
    parts = ("1/3", "2/3", "3/3", "3/3")
    processes = [started([*command, part], home_daemon.home) for part in parts]
    answers = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, answers
    assert hashes(at_once) == hashes(out)
    choices = [name for name in os.listdir(at_once / FOLDER) if name.startswith("settings-")]
    assert len(choices) == 1


def test_a_folder_with_its_own_outputs(
    run: Run, photos: Path, styles: list[Path], home_daemon: StandinDaemon
) -> None:
    (photos / "style.png").write_bytes(styles[0].read_bytes())
    for counts in ({"painted": 3}, {"there": 3}):
        done = run("batch", photos, "--style", photos / "style.png", "-o", photos, "--json")
        assert done.json["counts"] == counts
    assert len(hashes(photos)) == 7
    every = sorted(photos.glob("*.png"))
    named = run("batch", *every, "--style", photos / "style.png", "-o", photos, "--json")
    assert named.json["counts"] == {"painted": 1, "there": 3}  # a style that was named itself


def test_the_arithmetic_is_that_of_the_first(
    batch: Batch, out: Path, home_daemon: StandinDaemon
) -> None:
    assert batch("--part", "1/2").json["arithmetic"] == "integers in bfloat16"
    Script(arithmetics=("bfloat16", "integers in bfloat16")).write(home_daemon.home.root)
    try:
        assert batch("--part", "2/2").json["arithmetic"] == "integers in bfloat16"
        done = batch("--arithmetic", "bfloat16")
        assert (done.json["arithmetic"], done.json["counts"]) == ("bfloat16", {"painted": 6})
        assert batch().json["arithmetic"] == "bfloat16"
    finally:
        Script().write(home_daemon.home.root)


def test_a_machine_that_cannot_compute_so_says_it(batch: Batch, out: Path) -> None:
    done = batch("--arithmetic", "decimal")
    assert (done.status, done.json["counts"]) == (2, {"left": 6})
    assert done.json["error"]["sentence"] == "This machine cannot compute in decimal."
    assert batch("--arithmetic", "float32").json["counts"] == {"painted": 6}


def test_the_lines_for_a_farm_paint_everything(
    run: Run, photos: Path, styles: list[Path], out: Path
) -> None:
    done = run("batch", photos, *options(styles), "-o", out, "--commands", 3, "--strength", 60)
    lines = done.out.splitlines()
    assert (done.status, done.err, len(lines)) == (0, "", 3)
    assert not out.exists()
    assert all("--strength 60" in line and "--own-daemon" in line for line in lines)
    assert [line.split()[-1] for line in lines] == ["1/3", "2/3", "3/3"]


def test_damage_is_said_and_mended(batch: Batch, out: Path) -> None:
    batch()
    before = hashes(out)
    (out / FOLDER / "one-oak.png.json").write_text("{", encoding="utf-8")
    done = batch()
    assert done.json["counts"] == {"painted": 1, "there": 5}
    assert "one-oak.png.json is damaged: its picture is painted again." in done.json["notes"][0]
    assert hashes(out) == before
    (choice,) = (out / FOLDER).glob("settings-*")
    choice.write_text("{", encoding="utf-8")
    refused = batch()
    assert (refused.status, "is damaged" in refused.json["error"]["sentence"]) == (7, True)
    choice.unlink()
    assert batch().json["counts"] == {"there": 6}


def test_a_full_disk_stops_it_and_loses_nothing(
    batch: Batch, out: Path, home_daemon: StandinDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third picture is painted but cannot be saved: it is fetched from the daemon later."""
    write = atomic.write
    written = []

    def full(path: Path, *parts: bytes, **how: object) -> None:
        if path.suffix == ".png":
            written.append(path)
        if len(written) > 2:
            reason = os.strerror(errno.ENOSPC)
            raise StorageError("{path} cannot be written ({reason}).", path=path, reason=reason)
        write(path, *parts, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(atomic, "write", full)
    before = jobs_so_far(home_daemon.home)
    done = batch()
    assert (done.status, done.json["counts"]) == (7, {"left": 4, "painted": 2})
    assert "No space left" in done.json["error"]["sentence"]
    assert "goes on where it was" in done.json["error"]["next_step"]
    monkeypatch.undo()
    monkeypatch.setenv("NEURAL_STYLE_HOME", str(home_daemon.home.root))
    assert batch().json["counts"] == {"painted": 4, "there": 2}
    assert jobs_so_far(home_daemon.home) - before == 6
    assert set(hashes(out)) == NAMES


def test_the_daemons_history_is_left_to_others(batch: Batch, home_daemon: StandinDaemon) -> None:
    with connect(home_daemon.home) as client:
        before = {job.job for job in client.jobs()}
        batch()
        assert {job.job for job in client.jobs()} <= before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--part", "4/3"], "no part such as 2/5"),
        (["--commands", "0"], "0"),
        (["-o", "/dev/null"], "is a file, not a folder"),
        (["-o", "/no/such/folder"], "cannot be made"),
    ],
)
def test_what_makes_no_sense_is_refused(batch: Batch, words: list[str], sentence: str) -> None:
    done = batch(*words)
    assert done.status != 0
    assert sentence in done.json["error"]["sentence"]


def test_a_folder_without_pictures_and_a_style_that_is_none(
    run: Run, styles: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    empty = run("batch", tmp_path / "empty", *options(styles), "-o", tmp_path / "out")
    assert (empty.status, "There is no picture to paint." in empty.err) == (3, True)
    none = run("batch", styles[0], "--style", tmp_path / "none.png", "-o", tmp_path / "out")
    assert (none.status, "There is no file" in none.err) == (3, True)
    piped = run("batch", "-", *options(styles), "-o", tmp_path / "out")
    assert (piped.status, "cannot read `-` twice" in piped.err) == (3, True)


def test_ctrl_c_keeps_what_is_finished(
    slow: Home, photos: Path, styles: list[Path], out: Path, run: Run
) -> None:
    command = ["batch", photos, *options(styles), "-o", out, "--json"]
    with started(command, slow) as process:
        wait_until(lambda: any(out.glob("*.png")))
        wait_for_steps(slow)
        text, err = press_ctrl_c(process, 1)
    assert (process.returncode, err) == (130, "")
    answer = json.loads(text)
    assert answer["ending"] == "stopped"
    assert answer["counts"]["painted"] == len(hashes(out)) >= 1
    with connect(slow) as client:
        wait_until(lambda: not client.status().jobs)
    Script().write(slow.root)
    again = run("batch", photos, *options(styles), "-o", out, "--json")
    assert again.json["counts"] == {"there": answer["counts"]["painted"], "painted": 5}


def test_a_job_that_somebody_discards_is_left(
    slow: Home, photos: Path, styles: list[Path], out: Path, run: Run
) -> None:
    """And one that somebody stops, whose picture is not the whole one."""

    def disturb() -> None:
        for keep in (False, True):
            job = wait_for_steps(slow)
            with connect(slow) as client:
                client.cancel(job, keep=keep)
                wait_until(lambda job=job: job not in {line.job for line in client.status().jobs})
        Script().write(slow.root)

    other = threading.Thread(target=disturb)
    other.start()
    done = run("batch", photos, *options(styles), "-o", out, "--json")
    other.join()
    assert (done.status, done.json["counts"]) == (1, {"left": 2, "painted": 4})
    again = run("batch", photos, *options(styles), "-o", out, "--json")
    assert again.json["counts"] == {"painted": 2, "there": 4}


def test_a_program_hears_of_the_progress(batch: Batch) -> None:
    *told, answer = [json.loads(line) for line in batch("--progress").out.splitlines()]
    fractions = [line["progress"] for line in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert len(fractions) > 6
    assert (told[-1]["ended"], told[-1]["due"], answer["counts"]) == (6, 6, {"painted": 6})
