"""The pictures of one command: the photo, its styles, a mask and an initial picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click
from PIL import Image

from neural_style.batch.order import Inputs
from neural_style.cli.options import check_once_for_each, check_styles
from neural_style.picture_files import loaded, reading
from neural_style.picture_files.loaded import LoadedPicture
from neural_style_protocol.errors import InputError
from neural_style_protocol.pixels import Picture, PictureSpec

Note = Callable[[str], None]
Region = tuple[int, int, int, int]


def load_inputs(
    content: Path,
    styles: Sequence[Path],
    *,
    weights: Sequence[float],
    regions: Sequence[Region],
    mask: Path | None,
    initial: Path | None,
    note: Note,
) -> Inputs:
    """Read every picture.

    Args:
        weights: one for each style, or none for equal shares.
        regions: the part of each style to use, (left, top, width, height) in pixels, or none.
        note: called with a sentence for each change that was made to a picture.

    Raises:
        InputError: a picture cannot be used.
        click.UsageError: the styles are too many, or weights or regions do not fit them.
    """
    shares = _shares(styles, weights)
    check_once_for_each("--style-region", regions, styles)
    photo_file = reading.load(content)
    photo = _noted(content, photo_file, note)
    # Regions are in pixels of the file, so the style must not be scaled down.
    pixels = None if regions else photo.width * photo.height
    paintings = [load_style(path, pixels, note) for path in styles]
    if regions:
        paintings = [_cropped(*pair) for pair in zip(paintings, regions, strict=True)]
    size = (photo.width, photo.height)
    return Inputs(
        content=photo,
        kept=photo_file.kept,
        styles=tuple(zip(paintings, shares, strict=True)),
        mask=_noted(mask, reading.load_mask(mask, size), note) if mask else None,
        initial=_scaled(initial, load_picture(initial, note), size, note) if initial else None,
    )


def load_picture(path: Path, note: Note) -> Picture:
    """Read a picture; ``note`` is called as in :func:`load_inputs`.

    Raises:
        InputError: the picture cannot be used.
    """
    return _noted(path, reading.load(path), note)


def load_style(path: Path, painted_pixels: int | None, note: Note) -> Picture:
    """Read a style image; ``note`` is called as in :func:`load_inputs`.

    Args:
        painted_pixels: the number of pixels of the photo. A style image much larger than that is
            scaled down. None keeps its size.

    Raises:
        InputError: the style image cannot be used, or is fully transparent.
    """
    return _noted(path, reading.load_style(path, painted_pixels), note)


def _shares(styles: Sequence[Path], given: Sequence[float]) -> Sequence[float]:
    check_styles(styles)
    check_once_for_each("--style-weight", given, styles)
    if any(not 0 <= weight <= 1e6 for weight in given) or (given and not any(given)):
        raise click.UsageError("A style's weight is a number from 0 up, and one must be above 0.")
    return given or [1.0] * len(styles)


def _noted(path: Path, loaded: LoadedPicture, note: Note) -> Picture:
    for sentence in loaded.notes:
        note(f"{path.name}: {sentence}")
    return loaded.picture


def _cropped(picture: Picture, region: Region) -> Picture:
    left, top, width, height = region
    inside = left >= 0 and top >= 0 and width > 0 and height > 0
    if not inside or left + width > picture.width or top + height > picture.height:
        raise InputError(
            "The region {left} {top} {width} {height} is not inside a style image of "
            "{picture_width} × {picture_height} pixels.",
            next_step="Give its left, top, width and height in pixels.",
            left=left,
            top=top,
            width=width,
            height=height,
            picture_width=picture.width,
            picture_height=picture.height,
        )
    part = loaded.image_of(picture).crop((left, top, left + width, top + height))
    return _picture(part)


def _scaled(path: Path, picture: Picture, size: tuple[int, int], note: Note) -> Picture:
    if (picture.width, picture.height) == size:
        return picture
    note(f"{path.name}: The initial picture was scaled to {size[0]} × {size[1]} pixels.")
    return _picture(loaded.image_of(picture).resize(size, Image.Resampling.LANCZOS))


def _picture(image: Image.Image) -> Picture:
    return Picture(PictureSpec(image.width, image.height, len(image.mode)), image.tobytes())
