"""Bad input gives a sentence and an exit status, and does not stop the daemon."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest
from PIL import Image

from cli.conftest import Run
from service.standin_daemon import StandinDaemon

INPUT, SETTINGS, STORAGE, USAGE = 3, 2, 7, 2


@pytest.fixture(autouse=True)
def same_daemon(home_daemon: StandinDaemon) -> object:
    """No bad input ends the daemon."""
    before = home_daemon.start()
    yield
    assert home_daemon.start() == before


def text(path: Path) -> None:
    path.write_text("this is not a picture", encoding="utf-8")


def zero_pixels(path: Path) -> None:
    header = b"IHDR" + (0).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    crc = zlib.crc32(header).to_bytes(4, "big")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + header + crc)


def folder(path: Path) -> None:
    path.mkdir()


def missing(path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (text, "is not a picture that can be read"),
        (zero_pixels, "no pixels|damaged or incomplete|not a picture"),
        (folder, "is a folder"),
        (missing, "There is no file"),
    ],
)
@pytest.mark.parametrize("place", ["content", "style"])
def test_a_picture_that_cannot_be_used(
    run: Run, content: Path, style: Path, tmp_path: Path, make: object, words: str, place: str
) -> None:
    bad = tmp_path / "bad.png"
    make(bad)  # type: ignore[operator]
    pictures = (bad, style) if place == "content" else (content, bad)
    done = run("stylize", *pictures, "-o", tmp_path / "out.png")
    assert done.status == INPUT
    assert done.err.startswith("Error: ")
    assert any(part in done.err for part in words.split("|"))
    assert len(done.err.strip().splitlines()) == 2  # the sentence and the next step
    assert not (tmp_path / "out.png").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="everything may be read by root")
def test_a_picture_that_may_not_be_read(
    run: Run, content: Path, style: Path, tmp_path: Path
) -> None:
    content.chmod(0)
    done = run("stylize", content, style, "-o", tmp_path / "out.png")
    assert (done.status, "may not be read" in done.err) == (INPUT, True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--strength", "101"], "from 0 to 100"),
        (["--strength", "-1"], "from 0 to 100"),
        (["--strength", "nan"], "from 0 to 100"),
        (["--strength", "much"], "not a valid float"),
        (["--preset", "best"], "Choose one of"),
        (["--size", "-5"], "Choose a value from"),
        (["--size", "99999999999999999999"], "Choose a value from"),
        (["--seed", "1.5"], "not a valid integer"),
        (["--style-weight", "-1"], "from 0 up"),
        (["--style-weight", "0"], "above 0"),
        (["--style-weight", "nan"], "from 0 up"),
        (["--style-weight", "1", "--style-weight", "2"], "once for each STYLE"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_an_option_that_is_out_of_range(
    run: Run, content: Path, style: Path, tmp_path: Path, options: list[str], words: str
) -> None:
    done = run("stylize", content, style, "-o", tmp_path / "out.png", *options)
    assert done.status in (SETTINGS, USAGE)
    assert words in done.err


@pytest.mark.parametrize(("command", "output"), [("stylize", "out.png"), ("video", "out.mp4")])
def test_more_styles_than_can_be_mixed(
    run: Run, clip: Path, content: Path, style: Path, tmp_path: Path, command: str, output: str
) -> None:
    source = clip if command == "video" else content
    done = run(command, source, *("--style", style) * 9, "-o", tmp_path / output)
    assert done.status == USAGE
    assert "At most 8 styles" in done.err


@pytest.mark.parametrize(
    ("output", "status", "words"),
    [
        ("out.xyz", INPUT, "cannot be saved as"),
        ("out", INPUT, "no ending"),
        ("no/such/folder/out.png", STORAGE, "There is no folder"),
        ("folder.png", STORAGE, "cannot be written"),
    ],
)
def test_an_output_that_cannot_be_written(
    run: Run, content: Path, style: Path, tmp_path: Path, output: str, status: int, words: str
) -> None:
    (tmp_path / "folder.png").mkdir()
    done = run("stylize", content, style, "-o", tmp_path / output)
    assert (done.status, words in done.err) == (status, True), done.err


def test_a_style_is_needed(run: Run, content: Path, tmp_path: Path) -> None:
    done = run("stylize", content, "-o", tmp_path / "out.png")
    assert done.status == USAGE
    assert "Missing argument 'STYLE...'" in done.err


@pytest.mark.parametrize("size", [(1, 1), (20_000, 8), (8, 20_000), (1, 300)])
def test_odd_sizes_are_kept(run: Run, style: Path, tmp_path: Path, size: tuple[int, int]) -> None:
    odd = tmp_path / "odd.png"
    Image.new("RGB", size, (10, 200, 30)).save(odd)
    done = run("stylize", odd, style, "-o", tmp_path / "out.png", "--json")
    assert (done.status, done.json["width"], done.json["height"]) == (0, *size)


@pytest.mark.parametrize("command", ["show", "rerun", "fetch", "rm", "pause", "resume", "front"])
def test_an_unknown_job(run: Run, tmp_path: Path, command: str) -> None:
    output = ["-o", tmp_path / "out.png"] if command in ("rerun", "fetch") else []
    done = run(command, "zzz", *output)
    assert done.status == 6
    assert "There is no job whose name begins with 'zzz'" in done.err
