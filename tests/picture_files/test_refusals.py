"""Files that are not pictures: the error gives the reason, the name and a next step."""

from __future__ import annotations

import os
import socket
import struct
import threading
from pathlib import Path

import pytest
from PIL import Image

from neural_style.picture_files import file_bytes, reading
from neural_style.picture_files.loaded import image_of
from neural_style_protocol.errors import InputError
from picture_files import file_parts as parts
from picture_files.fuzz import image


def refusal(path: str | Path) -> InputError:
    with pytest.raises(InputError) as refused:
        reading.load(path)
    assert str(path) in refused.value.sentence
    assert refused.value.next_step
    assert "damaged" not in refused.value.sentence
    return refused.value


def test_names_of_no_file(tmp_path: Path) -> None:
    file, loop = tmp_path / "file", tmp_path / "loop"
    file.write_bytes(b"x")
    loop.symlink_to(loop)
    assert "There is no file" in refusal(tmp_path / "none.png").sentence
    assert "is a file, not a folder" in refusal(file / "x.png").sentence
    assert "too long" in refusal(tmp_path / ("n" * 300)).sentence
    assert "a link that leads back to itself" in refusal(loop).sentence
    assert "is a folder" in refusal(tmp_path).sentence
    assert "name of a picture is empty" in refusal("").sentence
    assert "There is no file" in refusal("a\0b").sentence


def test_paths_that_are_not_files(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
        assert "is a socket" in refusal(path).sentence
    for device in ("/dev/null", "/dev/zero"):
        assert "is a device" in refusal(device).sentence


@pytest.mark.parametrize("late", [False, True])
def test_a_pipe_is_read(tmp_path: Path, late: bool) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    data = parts.saved(image(5).resize((300, 300)), "PNG")

    def write() -> None:
        with path.open("wb") as pipe:
            for start in range(0, len(data), 50_000):
                pipe.write(data[start : start + 50_000])
                pipe.flush()

    writer = threading.Timer(0.3 if late else 0, write)
    writer.start()
    assert image_of(reading.load(path).picture).size == (300, 300)
    writer.join()


def test_a_pipe_that_nobody_writes_to_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_bytes, "_WRITER_APPEARS_WITHIN", 0.1)
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert "it is empty" in refusal(path).sentence


def test_a_file_larger_than_any_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_bytes, "LARGEST_FILE", 1000)
    path = tmp_path / "large.png"
    path.write_bytes(bytes(1001))
    assert "too large a file" in refusal(path).sentence
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(bytes(1001)))
    writer.start()
    assert "too large a file" in refusal(pipe).sentence
    writer.join()


@pytest.mark.parametrize(
    ("address", "step"),
    [
        ("https://example.com/a/photo.jpg", "Download"),
        ("http:/example.com/photo.jpg", "Download"),
        ("sftp://host/photo.jpg", "Download"),
        ("file:///home/of%20ann/photo.jpg", "/home/of ann/photo.jpg"),
    ],
)
def test_an_address_is_refused(address: str, step: str) -> None:
    refused = refusal(address)
    assert refused.sentence == f"{address} is an address, not a file."
    assert step in refused.next_step


def test_a_file_name_may_look_like_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("https:").mkdir()
    image(5).save("https:/photo.png")
    assert reading.load("https://photo.png").picture.width == 24


OTHERS = {
    "a GIF picture": b"GIF89a\1\0\1\0",
    "a BMP picture": b"BM\x3a\0\0\0",
    "a HEIC picture": b"\0\0\0\x1cftypheic\0\0\0\0mif1heic",
    "an AVIF picture": b"\0\0\0\x20ftypmif1\0\0\0\0avifmif1",
    "a RAW photograph": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
    "a video": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    "a JPEG 2000 picture": b"\0\0\0\x0cjP  \r\n\x87\n",
    "a JPEG XL picture": b"\xff\x0a\xfa\x1f",
    "an XCF picture": b"gimp xcf v011\0",
    "a PSD picture": b"8BPS\0\1",
    "an SVG drawing": b'<?xml version="1.0"?>\n<!-- x -->\n<svg width="1">',
    "a PDF document": b"%PDF-1.7\n",
    "a page of the web": b"\n<!DOCTYPE HTML>\n<html><head>",
    "a ZIP archive": b"PK\3\4\x14\0",
    "a PNM picture": b"P6\n1 1\n255\nabc",
    "a text": b"This is not a picture.\n",
    "empty": b"",
    "not of a known kind": b"\x93\0\1\2\3",
}


@pytest.mark.parametrize("what", OTHERS)
def test_another_file_type_is_named(tmp_path: Path, what: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(OTHERS[what])
    refused = refusal(path)
    assert refused.sentence.startswith(f"{path} is not a picture that can be read: it is {what}")
    assert refused.next_step == "Use a PNG, JPEG, TIFF or WebP file."


def test_the_format_is_detected_by_content(tmp_path: Path) -> None:
    for kind in ("PNG", "JPEG", "TIFF", "WEBP"):
        path = tmp_path / "photo.gif"
        path.write_bytes(parts.saved(image(5), kind))
        assert reading.load(path).picture.width == 24


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((60_000, 60_000), "(60000 × 60000 pixels)."),
        ((70_000, 20), "it is too wide"),
        ((20, 70_000), "it is too high"),
    ],
)
def test_a_header_that_claims_too_much(tmp_path: Path, size: tuple[int, int], words: str) -> None:
    path = tmp_path / "bomb.png"
    for bits in (8, 16):
        path.write_bytes(parts.png(*size, bits, 2, [b""]))
        assert words in refusal(path).sentence
    jpeg = bytearray(parts.saved(image(5), "JPEG"))
    if max(size) < 65_536:
        place = jpeg.index(b"\xff\xc0") + 5
        jpeg[place : place + 4] = struct.pack(">HH", size[1], size[0])
        path.write_bytes(jpeg)
        assert words in refusal(path).sentence


def test_the_widest_picture_is_read(tmp_path: Path) -> None:
    path = tmp_path / "strip.png"
    Image.new("L", (65_535, 2)).save(path)
    assert reading.load(path).picture.width == 65_535


@pytest.mark.parametrize(("place", "value"), [(8, 3), (8, 32), (9, 1), (10, 1), (11, 1), (12, 2)])
def test_an_invalid_png_header_is_damage_and_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], place: int, value: int
) -> None:
    header = bytearray(struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0))
    header[place] = value
    whole = parts.png(2, 2, 16, 2, [bytes(12)] * 2)
    path = tmp_path / "odd.png"
    path.write_bytes(whole[:8] + parts.chunk(b"IHDR", bytes(header)) + whole[33:])
    with pytest.raises(InputError, match=r"odd\.png is damaged or incomplete"):
        reading.load(path)
    assert capfd.readouterr() == ("", "")
