"""The pictures of one command: the photo, its styles, and what may come with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from PIL import Image

from neural_style.picture_files import loaded, reading
from neural_style.picture_files.loaded import Kept, LoadedPicture
from neural_style_protocol.errors import InputError
from neural_style_protocol.pixels import Picture, PictureSpec

Say = Callable[[str], None]
Region = tuple[int, int, int, int]


@dataclass(frozen=True)
class Inputs:
    """What :meth:`neural_style_protocol.client.Client.submit` takes, apart from the settings.

    ``kept`` is not sent: it is what the result takes over from the photo's file.
    """

    content: Picture
    kept: Kept
    styles: tuple[tuple[Picture, float], ...]
    mask: Picture | None
    initial: Picture | None


def load_inputs(
    content: Path,
    styles: Sequence[Path],
    *,
    weights: Sequence[float],
    regions: Sequence[Region],
    mask: Path | None,
    initial: Path | None,
    say: Say,
) -> Inputs:
    """Read every picture; ``say`` is told what had to be done to one.

    Args:
        weights: one for each style, or none for equal shares.
        regions: the part of each style that counts (left, top, width, height), or none for all.

    Raises:
        InputError: a picture cannot be used.
        click.UsageError: weights or regions do not fit the styles.
    """
    shares = _shares(styles, weights)
    if regions and len(regions) != len(styles):
        raise click.UsageError("Give --style-region once for each STYLE, or not at all.")
    photo_file = reading.load(content)
    photo = _told(content, photo_file, say)
    # Regions are given in the pixels of the file, which must not become fewer.
    pixels = None if regions else photo.width * photo.height
    paintings = [load_style_told(path, pixels, say) for path in styles]
    if regions:
        paintings = [_cut(*pair) for pair in zip(paintings, regions, strict=True)]
    size = (photo.width, photo.height)
    return Inputs(
        content=photo,
        kept=photo_file.kept,
        styles=tuple(zip(paintings, shares, strict=True)),
        mask=_told(mask, reading.load_mask(mask, size), say) if mask else None,
        initial=_scaled(initial, load_told(initial, say), size, say) if initial else None,
    )


def load_told(path: Path, say: Say) -> Picture:
    """The picture in a file; ``say`` is told what had to be done to it.

    Raises:
        InputError: it cannot be used.
    """
    return _told(path, reading.load(path), say)


def load_style_told(path: Path, painted_pixels: int | None, say: Say) -> Picture:
    """The style image in a file, no larger than can matter; ``say`` is told what was done to it.

    Args:
        painted_pixels: of the photo; None keeps every pixel of the style image.

    Raises:
        InputError: it cannot be used, or there is nothing to see in it.
    """
    return _told(path, reading.load_style(path, painted_pixels), say)


def _shares(styles: Sequence[Path], given: Sequence[float]) -> Sequence[float]:
    if given and len(given) != len(styles):
        raise click.UsageError("Give --style-weight once for each STYLE, or not at all.")
    if any(not 0 <= weight <= 1e6 for weight in given) or (given and not any(given)):
        raise click.UsageError("A style's weight is a number from 0 up, and one must be above 0.")
    return given or [1.0] * len(styles)


def _told(path: Path, loaded: LoadedPicture, say: Say) -> Picture:
    for note in loaded.notes:
        say(f"{path.name}: {note}")
    return loaded.picture


def _cut(picture: Picture, region: Region) -> Picture:
    left, top, width, height = region
    inside = left >= 0 and top >= 0 and width > 0 and height > 0
    if not inside or left + width > picture.width or top + height > picture.height:
        raise InputError(
            f"The region {left} {top} {width} {height} is not inside a style image of "
            f"{picture.width} × {picture.height} pixels.",
            next_step="Give its left, top, width and height in pixels.",
        )
    part = loaded.image_of(picture).crop((left, top, left + width, top + height))
    return _picture(part)


def _scaled(path: Path, picture: Picture, size: tuple[int, int], say: Say) -> Picture:
    if (picture.width, picture.height) == size:
        return picture
    say(f"{path.name}: The initial picture was scaled to {size[0]} × {size[1]} pixels.")
    return _picture(loaded.image_of(picture).resize(size, Image.Resampling.LANCZOS))


def _picture(image: Image.Image) -> Picture:
    return Picture(PictureSpec(image.width, image.height, len(image.mode)), image.tobytes())
