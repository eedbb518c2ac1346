"""``neural-style stylize``: pictures in and out, progress, Ctrl-C, and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from cli.conftest import Run, press_ctrl_c, started, wait_for_steps
from neural_style.picture_files.formats import FORMATS
from neural_style_protocol.paths import Home
from service.standin_daemon import StandinDaemon


def inverted(image: Image.Image) -> Image.Image:
    """The stand-in's result for an opaque picture."""
    return ImageChops.invert(image.convert("RGB"))


def difference(one: Image.Image, other: Image.Image) -> int:
    """The largest difference between two samples."""
    assert one.size == other.size
    extrema = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema()
    return max(high for _, high in extrema)


@pytest.mark.parametrize("ending", ["png", "tif", "tiff", "webp", "jpg", "jpeg", "PNG"])
def test_every_format_is_read_and_saved(
    run: Run, content: Path, style: Path, tmp_path: Path, ending: str
) -> None:
    given = tmp_path / f"given.{ending}"
    lossy = {"quality": 100} if ending in ("jpg", "jpeg", "webp") else {}
    Image.open(content).resize((48, 32)).save(given, **lossy)
    output = tmp_path / f"out.{ending}"
    done = run("stylize", given, style, "-o", output)
    assert done.status == 0, done.err
    with Image.open(output) as made, Image.open(given) as source:
        lossless = ending.lower() in ("png", "tif", "tiff")
        assert difference(made, inverted(source)) <= (0 if lossless else 40)
    assert "Done after" in done.err


def test_the_help_names_every_format(run: Run) -> None:
    answer = run("stylize", "--help").out
    assert [name for name in set(FORMATS.values()) if name not in answer.upper()] == []


def test_json_is_the_only_output(
    run: Run, content: Path, style: Path, tmp_path: Path, home_daemon: StandinDaemon
) -> None:
    done = run("stylize", content, style, "-o", tmp_path / "out.png", "--json")
    answer = done.json
    assert (answer["width"], answer["height"], answer["ending"], answer["steps"]) == (
        12,
        8,
        "finished",
        10,
    )
    assert answer["losses"]["total"] == 6.0
    assert answer["daemon"] == {"pid": home_daemon.start(), "started": False}
    assert done.err == ""


def test_options_reach_the_worker(run: Run, content: Path, style: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.png"
    done = run("stylize", content, style, "-o", output, "--iterations", "4", "--json")
    assert done.json["steps"] == 4
    summary = run("show", done.json["job"], "--json").json
    assert summary["settings"]["iterations"] == 4


def test_transparency_is_kept(run: Run, style: Path, tmp_path: Path) -> None:
    given = Image.new("RGBA", (6, 5), (10, 20, 30, 255))
    given.putpixel((2, 2), (10, 20, 30, 77))
    given.save(tmp_path / "alpha.png")
    run("stylize", tmp_path / "alpha.png", style, "-o", tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as made:
        assert made.mode == "RGBA"
        assert made.getpixel((2, 2)) == (245, 235, 225, 77)
        assert made.getpixel((0, 0)) == (245, 235, 225, 255)


def test_cmyk_is_converted_with_a_note(run: Run, style: Path, tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (255, 0, 0, 0)).save(tmp_path / "cmyk.jpg", quality=100)
    done = run("stylize", tmp_path / "cmyk.jpg", style, "-o", tmp_path / "out.png")
    assert "CMYK picture was converted to sRGB" in done.err
    with Image.open(tmp_path / "out.png") as made:
        red, green, blue = made.getpixel((8, 8))
    assert red > 200
    assert max(green, blue) < 60


def test_several_styles_with_weights(run: Run, content: Path, style: Path, tmp_path: Path) -> None:
    weights = ["--style-weight", "1", "--style-weight", "3"]
    output = tmp_path / "out.png"
    done = run("stylize", content, style, style, "-o", output, *weights, "--json")
    assert run("show", done.json["job"], "--json").json["styles"] == 2


def test_an_existing_picture_is_replaced_atomically(
    run: Run, content: Path, style: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.png"
    output.write_text("old", encoding="utf-8")
    run("stylize", content, style, "-o", output)
    with Image.open(output) as made:
        assert made.size == (12, 8)
    assert {path.name for path in tmp_path.iterdir()} == {"out.png", "content.png", "style.png"}


@pytest.mark.parametrize(("times", "kept"), [(1, True), (2, False)])
def test_ctrl_c_keeps_the_picture_and_twice_discards_it(
    endless: Home, content: Path, style: Path, tmp_path: Path, times: int, kept: bool
) -> None:
    output = tmp_path / "out.png"
    with started(["stylize", content, style, "-o", output, "--json"], endless) as process:
        wait_for_steps(endless)
        out, err = press_ctrl_c(process, times)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert output.exists() is kept
    assert json.loads(out)["ending"] == ("stopped" if kept else "discarded")
