"""What a saved result keeps of the photo, and what is refused before a job is sent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from cli.conftest import Run


@pytest.fixture
def deep(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A TIFF file of 16 bits, 300 dots per inch."""
    path = tmp_path / "deep.tif"
    samples = np.random.default_rng(3).integers(0, 65536, (8, 12, 3), dtype=np.uint16)
    tifffile.imwrite(
        path,
        samples,
        photometric="rgb",
        resolution=(300, 300),
        resolutionunit="INCH",
        datetime="2019:07:21 10:11:12",
        metadata=None,
    )
    return path, samples


def test_sixteen_bits_and_metadata_are_kept(
    run: Run, deep: tuple[Path, np.ndarray], style: Path, tmp_path: Path
) -> None:
    photo, samples = deep
    done = run("stylize", photo, style, "-o", tmp_path / "out.tif", "--json")
    assert done.status == 0, done.err
    made = tifffile.imread(tmp_path / "out.tif")
    assert made.dtype == np.uint16
    assert (made == 65535 - samples).all()
    with Image.open(photo) as before, tifffile.TiffFile(tmp_path / "out.tif") as file:
        tags = file.pages[0].tags
        assert tags[282].value[0] == before.info["dpi"][0] == 300
        assert tags[306].value == "2019:07:21 10:11:12"
    fetched = run("fetch", done.json["job"], "-o", tmp_path / "again.tif")
    assert "16 bits a sample" in fetched.err
    assert (tifffile.imread(tmp_path / "again.tif") == made).all()


def jobs(run: Run) -> int:
    return len(run("jobs", "--json").json)


def test_a_result_too_large_for_its_format_is_refused_before_the_work(
    run: Run, style: Path, tmp_path: Path
) -> None:
    wide, output = tmp_path / "wide.png", tmp_path / "out.webp"
    Image.new("RGB", (16_384, 2)).save(wide)
    before = jobs(run)
    done = run("stylize", wide, style, "-o", output, "--size", "16384")
    assert (done.status, "at most 16383 pixels" in done.err) == (3, True)
    assert jobs(run) == before
    job = run("stylize", wide, style, "-o", tmp_path / "o.png", "--size", "16384", "--json").json
    for command in ("fetch", "rerun"):
        done = run(command, job["job"], "-o", output)
        assert (done.status, "at most 16383 pixels" in done.err) == (3, True)
    assert jobs(run) == before + 1
    # The stand-in ignores the size, so its result cannot be saved; the daemon keeps it.
    done = run("rerun", job["job"], "-o", output, "--size", "100")
    assert (done.status, "The picture is kept" in done.err) == (7, True)


def test_a_sheet_too_large_for_its_format_is_refused_before_the_work(
    run: Run, style: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", (320, 10)).save(photo)
    before = jobs(run)
    strengths = ",".join(["0"] * 60)
    done = run("gallery", photo, style, "-o", tmp_path / "o.webp", "--strengths", strengths)
    assert (done.status, "at most 16383 pixels" in done.err) == (3, True)
    assert jobs(run) == before
