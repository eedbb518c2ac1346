"""``neural-style stylize``: pictures in and out, progress, Ctrl-C, and JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageCms

from cli.conftest import Run, press_ctrl_c, started, wait_for_steps
from neural_style.picture_files.formats import FORMATS
from service.standin_daemon import StandinDaemon
from service.standin_worker import Script


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


def test_transparency_becomes_white_in_jpeg_with_a_note(
    run: Run, style: Path, tmp_path: Path
) -> None:
    Image.new("RGBA", (16, 16), (0, 0, 0, 0)).save(tmp_path / "alpha.png")
    done = run("stylize", tmp_path / "alpha.png", style, "-o", tmp_path / "out.jpg")
    assert "transparent parts became white" in done.err
    with Image.open(tmp_path / "out.jpg") as made:
        assert min(made.getpixel((8, 8))) > 250


def test_the_transparency_of_a_palette_is_kept(run: Run, style: Path, tmp_path: Path) -> None:
    given = Image.new("P", (4, 4), 1)
    given.putpalette([255, 0, 0, 0, 255, 0] + [0] * 750)
    given.putpixel((0, 0), 0)
    given.save(tmp_path / "palette.png", transparency=0)
    run("stylize", tmp_path / "palette.png", style, "-o", tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as made:
        assert made.mode == "RGBA"
        assert made.getpixel((0, 0))[3] == 0
        assert made.getpixel((3, 3)) == (255, 0, 255, 255)


def test_sixteen_bit_grey_is_scaled_not_clipped(run: Run, style: Path, tmp_path: Path) -> None:
    given = Image.new("I;16", (4, 4), 0)
    given.putpixel((1, 1), 32_896)
    given.putpixel((2, 2), 65_535)
    given.save(tmp_path / "grey.png")
    run("stylize", tmp_path / "grey.png", style, "-o", tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as made:
        pixels = [made.getpixel((i, i))[0] for i in range(3)]
    assert pixels == [255, 255 - 128, 0]


def test_the_orientation_of_a_photo_is_applied(run: Run, style: Path, tmp_path: Path) -> None:
    given = Image.new("RGB", (30, 20), (0, 0, 0))
    given.paste((255, 255, 255), (0, 0, 15, 10))
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90° clockwise
    given.save(tmp_path / "turned.jpg", exif=exif, quality=100)
    run("stylize", tmp_path / "turned.jpg", style, "-o", tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as made:
        assert made.size == (20, 30)
        assert made.getpixel((18, 2))[0] < 30  # the white corner is now on the right
        assert made.getpixel((2, 2))[0] > 225


def test_cmyk_is_converted_with_a_note(run: Run, style: Path, tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (255, 0, 0, 0)).save(tmp_path / "cmyk.jpg", quality=100)
    done = run("stylize", tmp_path / "cmyk.jpg", style, "-o", tmp_path / "out.png")
    assert "CMYK picture was converted to sRGB" in done.err
    with Image.open(tmp_path / "out.png") as made:
        red, green, blue = made.getpixel((8, 8))
    assert red > 200
    assert max(green, blue) < 60


def test_a_colour_profile_is_converted(run: Run, style: Path, tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"temp").replace(b"gXYZ", b"rXYZ").replace(b"temp", b"gXYZ")
    given = Image.new("RGB", (4, 4), (200, 10, 10))
    given.save(tmp_path / "with.png", icc_profile=swapped)
    given.save(tmp_path / "damaged.png", icc_profile=b"no profile at all")
    run("stylize", tmp_path / "with.png", style, "-o", tmp_path / "converted.png")
    run("stylize", tmp_path / "damaged.png", style, "-o", tmp_path / "as-is.png")
    with Image.open(tmp_path / "converted.png") as made:
        assert made.info["icc_profile"] == swapped  # the result is in the photo's own colours
        source = ImageCms.ImageCmsProfile(io.BytesIO(swapped))
        seen = ImageCms.profileToProfile(made, source, ImageCms.createProfile("sRGB"))
        assert seen is not None
        red, green, blue = seen.getpixel((1, 1))  # the profile calls its second colour red
        assert (red > 240, green < 70, blue > 240) == (True, True, True)
    with Image.open(tmp_path / "as-is.png") as made:
        assert made.getpixel((1, 1)) == (55, 245, 245)


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
    home_daemon: StandinDaemon, content: Path, style: Path, tmp_path: Path, times: int, kept: bool
) -> None:
    Script(endless=True, seconds_per_step=0.01, stop_seconds=1.0).write(home_daemon.home.root)
    output = tmp_path / "out.png"
    try:
        command = ["stylize", content, style, "-o", output, "--json"]
        with started(command, home_daemon.home) as process:
            wait_for_steps(home_daemon.home)
            out, err = press_ctrl_c(process, times)
    finally:
        Script().write(home_daemon.home.root)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert output.exists() is kept
    assert json.loads(out)["ending"] == ("stopped" if kept else "discarded")
