"""The pictures of one command: masks, regions, shares and an initial picture."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from PIL import Image

from cli.conftest import Run
from neural_style.cli.inputs import Inputs, Region, load_inputs
from neural_style_protocol.errors import InputError


def loaded(
    content: Path,
    *styles: Path,
    weights: tuple[float, ...] = (),
    regions: tuple[Region, ...] = (),
    mask: Path | None = None,
    initial: Path | None = None,
    notes: list[str] | None = None,
) -> Inputs:
    """The inputs; the notes on them are added to ``notes``."""
    return load_inputs(
        content,
        styles,
        weights=weights,
        regions=regions,
        mask=mask,
        initial=initial,
        note=[].append if notes is None else notes.append,
    )


def test_a_mask_is_grey_and_scaled_to_the_photo(content: Path, style: Path, tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    picture = Image.new("L", (24, 16), 0)
    picture.paste(255, (12, 0, 24, 16))
    picture.save(mask)
    notes: list[str] = []
    inputs = loaded(content, style, mask=mask, notes=notes)
    assert inputs.mask is not None
    assert (inputs.mask.width, inputs.mask.height, inputs.mask.channels) == (12, 8, 1)
    assert inputs.mask.data[0] == 0
    assert inputs.mask.data[11] == 255
    assert notes == ["mask.png: The mask was scaled to 12 × 8 pixels."]


def test_a_region_crops_the_style(content: Path, tmp_path: Path) -> None:
    style = tmp_path / "two-halves.png"
    picture = Image.new("RGB", (40, 20), "red")
    picture.paste("blue", (20, 0, 40, 20))
    picture.save(style)
    inputs = loaded(content, style, regions=((25, 5, 10, 8),))
    ((part, share),) = inputs.styles
    assert (part.width, part.height, share) == (10, 8, 1.0)
    assert part.data == bytes((0, 0, 255)) * 80


@pytest.mark.parametrize("region", [(-1, 0, 5, 5), (0, 0, 0, 5), (6, 0, 5, 5), (0, 6, 5, 5)])
def test_a_region_outside_the_style_is_refused(content: Path, style: Path, region: Region) -> None:
    with pytest.raises(InputError, match="not inside a style image of 10 × 10"):
        loaded(content, style, regions=(region,))


def test_an_initial_picture_is_scaled_to_the_photo(content: Path, style: Path) -> None:
    notes: list[str] = []
    inputs = loaded(content, style, initial=style, notes=notes)
    assert notes == ["style.png: The initial picture was scaled to 12 × 8 pixels."]
    assert inputs.initial is not None
    assert (inputs.initial.width, inputs.initial.height) == (12, 8)
    assert inputs.initial.data[:3] == bytes((200, 80, 10))


def test_an_initial_picture_of_the_right_size_is_not_changed(content: Path, style: Path) -> None:
    notes: list[str] = []
    inputs = loaded(content, style, initial=content, notes=notes)
    assert (notes, inputs.initial) == ([], inputs.content)


def test_shares_are_equal_unless_given(content: Path, style: Path) -> None:
    assert [share for _, share in loaded(content, style, style).styles] == [1.0, 1.0]
    given = loaded(content, style, style, weights=(3.0, 1.0))
    assert [share for _, share in given.styles] == [3.0, 1.0]


@pytest.mark.parametrize("weights", [(1.0,), (1.0, -1.0), (0.0, 0.0), (float("nan"), 1.0)])
def test_invalid_shares_are_refused(content: Path, style: Path, weights: tuple[float, ...]) -> None:
    with pytest.raises(click.UsageError):
        loaded(content, style, style, weights=weights)


def test_one_region_for_two_styles_is_refused(run: Run, content: Path, style: Path) -> None:
    done = run("stylize", content, style, style, "-o", "x.png", "--style-region", 0, 0, 5, 5)
    assert done.status == 2
    assert "once for each STYLE" in done.err


def test_mask_and_initial_picture_reach_the_worker(
    run: Run, content: Path, style: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.png"
    done = run(
        "stylize", content, style, "-o", output, "--mask", content, "--initial-picture", style
    )
    assert done.status == 0, done.err
    assert output.stat().st_size
