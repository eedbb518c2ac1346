"""``neural-style gallery`` and the sheet that it draws."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cli.conftest import Run
from neural_style.contact_sheet import GAP, MARGIN, PAPER, TEXT_ROW, Row, draw_sheet


def test_a_sheet_has_every_picture_in_its_cell() -> None:
    red, blue = (Image.new("RGB", (40, 30), colour) for colour in ("red", "blue"))
    sheet = draw_sheet(
        ["A", "B"], [Row("first", (red, blue)), Row("second", (blue, red))], (40, 30)
    )
    assert sheet.size == (2 * MARGIN + 2 * 40 + GAP, 2 * MARGIN + TEXT_ROW + 2 * (30 + TEXT_ROW))
    left, right = MARGIN + 20, MARGIN + 40 + GAP + 20
    top, bottom = MARGIN + TEXT_ROW + 15, MARGIN + TEXT_ROW + 30 + TEXT_ROW + 15
    assert [sheet.getpixel((x, y)) for y in (top, bottom) for x in (left, right)] == [
        (255, 0, 0),
        (0, 0, 255),
        (0, 0, 255),
        (255, 0, 0),
    ]


def test_a_wide_picture_is_scaled_into_its_cell_and_a_long_caption_shortened() -> None:
    wide = Image.new("RGB", (200, 20), "red")
    sheet = draw_sheet(["A very long heading " * 10], [Row("words " * 50, (wide,))], (50, 50))
    assert sheet.width == 2 * MARGIN + 50
    reds = [x for x in range(sheet.width) if sheet.getpixel((x, MARGIN + TEXT_ROW + 25))[0] > 254]
    assert (min(reds), max(reds)) == (MARGIN, MARGIN + 49)


def test_the_command_shows_every_style_at_every_strength(
    run: Run, content: Path, style: Path, tmp_path: Path
) -> None:
    output = tmp_path / "sheet.png"
    done = run("gallery", content, style, style, "-o", output, "--strengths", "0,50,100", "--json")
    assert done.status == 0, done.err
    with Image.open(output) as sheet:
        assert sheet.size == (done.json["width"], done.json["height"])
        assert sheet.height > 2 * (8 + TEXT_ROW)


def test_transparent_parts_show_the_paper() -> None:
    picture = Image.new("RGBA", (40, 30), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (20, 0, 40, 30))
    picture.paste((0, 0, 0, 128), (0, 20, 20, 30))
    sheet = draw_sheet(["A"], [Row("first", (picture,))], (40, 30))
    left, top = MARGIN, MARGIN + TEXT_ROW
    assert sheet.getpixel((left + 5, top + 5)) == PAPER
    assert sheet.getpixel((left + 35, top + 5)) == (0, 0, 255)
    grey = sheet.getpixel((left + 5, top + 25))
    assert all(abs(value - paper / 2) <= 2 for value, paper in zip(grey, PAPER, strict=True))


def test_notes_on_pictures_are_printed(
    run: Run, content: Path, style: Path, tmp_path: Path
) -> None:
    Image.new("CMYK", (16, 16), (255, 0, 0, 0)).save(tmp_path / "ink.jpg")
    arguments = ["gallery", content, tmp_path / "ink.jpg", "-o", tmp_path / "sheet.png"]
    assert "ink.jpg: The CMYK picture" in run(*arguments, "--strengths", "0").err
    answer = run(*arguments, "--strengths", "0,100", "--json").json
    assert "ink.jpg: The CMYK picture" in answer["notes"][0]
    assert (answer["ending"], answer["pictures"]) == ("finished", 2)


def test_a_sheet_that_would_be_too_large_is_refused_before_the_work(
    run: Run, style: Path, tmp_path: Path
) -> None:
    photo, output = tmp_path / "wide.png", tmp_path / "sheet.png"
    Image.new("RGB", (2000, 2000)).save(photo)
    strengths = ",".join(["50"] * 40)
    done = run("gallery", photo, style, "-o", output, "--strengths", strengths, "--size", "2000")
    assert (done.status, "The sheet would be too large: 82344 × " in done.err) == (3, True)
    assert not output.exists()


def test_a_gallery_has_no_option_strength(
    run: Run, content: Path, style: Path, tmp_path: Path
) -> None:
    done = run("gallery", content, style, "-o", tmp_path / "sheet.png", "--strength", "20")
    assert (done.status, "--strengths" in done.err) == (2, True)
    assert "--strength " not in run("gallery", "--help").out


@pytest.mark.parametrize("strengths", ["", "a,b", "50,200", "-1"])
def test_invalid_strengths_are_refused(
    run: Run, content: Path, style: Path, tmp_path: Path, strengths: str
) -> None:
    output = tmp_path / "sheet.png"
    done = run("gallery", content, style, "-o", output, "--strengths", strengths)
    assert done.status == 2
    assert "Error" in done.err
    assert not output.exists()
