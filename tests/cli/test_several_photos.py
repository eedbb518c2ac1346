"""``neural-style stylize`` with several photos and one folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from cli.conftest import Run, press_ctrl_c, started, wait_for_steps
from neural_style.batch.names import plan_outputs
from neural_style_protocol.paths import Home
from service.standin_daemon import wait_until


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Three photos of different colours in a folder."""
    folder = tmp_path / "photos"
    folder.mkdir()
    paths = [folder / name for name in ("one.png", "two [x].png", "three.jpg")]
    for shade, path in zip((10, 100, 200), paths, strict=True):
        Image.new("RGB", (12, 8), (shade, shade, shade)).save(path)
    return paths


def shade(path: Path) -> int:
    with Image.open(path) as made:
        value = made.convert("RGB").getpixel((1, 1))
    assert isinstance(value, tuple)
    return int(value[0])


def test_each_result_has_the_name_of_its_photo(
    run: Run, photos: list[Path], style: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "painted"
    done = run("stylize", *photos, "--style", style, "-o", folder)
    assert done.status == 0, done.err
    assert {path.name: shade(path) for path in folder.iterdir()} == {
        "one.png": 245,
        "two [x].png": 155,
        "three.jpg": 55,
    }
    assert "3 of 3 photos are painted." in done.err
    assert all(f"{folder / path.name} (12 × 8)" in done.err for path in photos)


def test_one_photo_goes_into_a_folder_or_a_file(
    run: Run, photos: list[Path], style: Path, tmp_path: Path
) -> None:
    assert run("stylize", photos[0], "--style", style, "-o", f"{tmp_path}/new/").status == 0
    assert shade(tmp_path / "new" / "one.png") == 245
    assert run("stylize", photos[0], "--style", style, "-o", tmp_path / "file.png").status == 0
    assert shade(tmp_path / "file.png") == 245


def test_a_photo_that_cannot_be_read_is_skipped(
    run: Run, photos: list[Path], style: Path, tmp_path: Path
) -> None:
    photos[1].write_text("no picture", encoding="utf-8")
    folder = tmp_path / "painted"
    done = run("stylize", *photos, "--style", style, "-o", folder)
    assert done.status == 3
    assert sorted(path.name for path in folder.iterdir()) == ["one.png", "three.jpg"]
    assert done.err.splitlines()[-1] == f"2 of 3 photos are painted. Not painted: {photos[1]}."
    answer = run("stylize", *photos, "--style", style, "-o", folder, "--json")
    assert (answer.status, answer.err) == (3, "")
    assert [bool(picture["output"]) for picture in answer.json["pictures"]] == [True, False, True]
    assert answer.json["pictures"][1]["error"]["code"] == "input"
    assert answer.json["error"]["sentence"].startswith("2 of 3 photos are painted.")
    assert answer.json["ending"] == "failed"


def test_json_is_one_object_with_every_picture(
    run: Run, photos: list[Path], style: Path, tmp_path: Path
) -> None:
    Image.new("CMYK", (12, 8)).save(photos[2])
    folder = tmp_path / "painted"
    done = run("stylize", *photos, "--style", style, "--style", style, "-o", folder, "--json")
    answer = done.json
    assert (done.status, answer["ending"], "error" in answer) == (0, "finished", False)
    assert [picture["content"] for picture in answer["pictures"]] == [str(path) for path in photos]
    assert [picture["output"] for picture in answer["pictures"]] == [
        str(folder / path.name) for path in photos
    ]
    assert ["CMYK" in "".join(picture["notes"]) for picture in answer["pictures"]] == [
        False,
        False,
        True,
    ]
    assert "2 styles" in answer["notes"][0]


def test_a_style_that_cannot_be_read_is_reported_before_the_work(
    run: Run, photos: list[Path], tmp_path: Path
) -> None:
    done = run("stylize", *photos, "--style", tmp_path / "none.png", "-o", tmp_path / "painted")
    assert (done.status, "There is no file" in done.err) == (3, True)
    assert not (tmp_path / "painted").exists()


def test_a_style_from_a_pipe_is_refused(run: Run, photos: list[Path], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    done = run("stylize", *photos, "--style", pipe, "-o", tmp_path / "painted")
    assert (done.status, "can be read only once" in done.err) == (3, True)


@pytest.mark.parametrize("count", [1, 3])
def test_a_folder_without_the_style_option_is_refused(
    run: Run, photos: list[Path], style: Path, tmp_path: Path, count: int
) -> None:
    folder = tmp_path / "painted"
    folder.mkdir()
    done = run("stylize", *photos[:count], style, "-o", folder)
    assert done.status == 7
    assert f"{folder} is a folder" in done.err
    assert f"--style {style} -o {folder}/`" in done.err
    assert list(folder.iterdir()) == []


def test_photos_used_as_styles_are_noted(
    run: Run, photos: list[Path], style: Path, tmp_path: Path
) -> None:
    done = run("stylize", *photos, style, "-o", tmp_path / "one.png", "--json")
    assert done.json["notes"] == [
        "one.png is painted in 3 styles at once: two [x].png, three.jpg, style.png."
    ]


def test_several_photos_need_a_folder(
    run: Run, photos: list[Path], style: Path, tmp_path: Path
) -> None:
    done = run("stylize", *photos, "--style", style, "-o", tmp_path / "one.png")
    assert (done.status, "cannot be painted into one file" in done.err) == (3, True)
    assert f"-o {tmp_path / 'one'}/" in done.err


def test_no_photo_is_replaced(run: Run, photos: list[Path], style: Path) -> None:
    before = [path.read_bytes() for path in photos]
    done = run("stylize", *photos, "--style", style, "-o", photos[0].parent)
    assert (done.status, "would replace" in done.err) == (7, True)
    assert [path.read_bytes() for path in photos] == before


def test_a_folder_that_cannot_be_created_is_reported(
    run: Run, photos: list[Path], style: Path, tmp_path: Path
) -> None:
    done = run("stylize", *photos, "--style", style, "-o", f"{tmp_path}/no/such/")
    assert (done.status, "cannot be made" in done.err) == (7, True)
    file = run("stylize", *photos, "--style", style, "-o", f"{style}/")
    assert (file.status, "is a file, not a folder" in file.err) == (7, True)


def test_no_two_photos_have_the_same_output() -> None:
    names = ["a/1.png", "b/1.png", "c/1-2.png", "d/1.PNG", "1.bmp", "x.jpeg", "y/x"]
    outputs = plan_outputs([Path(name) for name in names], Path("out"))
    assert [path.name for path in outputs] == [
        "1.png",
        "1-3.png",
        "1-2.png",
        "1-4.PNG",
        "1-5.png",
        "x.jpeg",
        "x.png",
    ]
    assert {path.parent for path in outputs} == {Path("out")}


def is_saved(path: Path) -> bool:
    """Whether the file has content; the check before the work creates an empty one."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(("times", "ending"), [(1, "stopped"), (2, "discarded")])
def test_ctrl_c_keeps_the_painted_pictures_and_starts_no_other(
    slow: Home, photos: list[Path], style: Path, tmp_path: Path, times: int, ending: str
) -> None:
    folder = tmp_path / "painted"
    command = ["stylize", *photos, "--style", style, "-o", folder, "--json"]
    with started(command, slow) as process:
        wait_until(lambda: is_saved(folder / photos[0].name))
        wait_for_steps(slow)
        out, err = press_ctrl_c(process, times)
    assert (process.returncode, err) == (130, "")
    answer = json.loads(out)
    assert answer["ending"] == "stopped"
    endings = [picture["ending"] for picture in answer["pictures"]]
    assert endings == ["finished", ending]
    kept = [photos[0].name] if times == 2 else [photos[0].name, photos[1].name]
    assert sorted(os.listdir(folder)) == sorted(kept)
