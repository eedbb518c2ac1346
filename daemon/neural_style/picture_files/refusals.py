"""The errors for picture files, each with the file's name and a next step."""

from __future__ import annotations

from neural_style.picture_files.formats import KNOWN
from neural_style_protocol.errors import InputError
from neural_style_protocol.phrases import Amount
from neural_style_protocol.pixels import MAX_BYTES, MAX_PIXELS, MAX_SIDE

SAVE_AGAIN = "Open it in an image editor and save it again, or choose another picture."
SAVE_PLAIN = "Save it as RGB with 8 or 16 bits in an image editor, and choose that file."


def damaged(name: str) -> InputError:
    """The error for missing pixels, or pixels that cannot be decoded."""
    return InputError("{name} is damaged or incomplete.", next_step=SAVE_AGAIN, name=name)


def not_a_picture(name: str, what: str) -> InputError:
    """The error for another kind of file; ``what`` is, for example, "it is a GIF picture"."""
    return InputError(
        "{name} is not a picture that can be read: {what}.", next_step=KNOWN, name=name, what=what
    )


def unknown_kind(name: str, what: str, next_step: str = SAVE_PLAIN) -> InputError:
    """The error for an unsupported variety of a format; ``what`` completes "NAME …"."""
    return InputError("{name} {what}.", next_step=next_step, name=name, what=what)


def check_size(name: str, width: int, height: int) -> None:
    """Check the size in the header, before anything is decoded.

    Raises:
        InputError: no pixels, a side that is too long, or too many pixels.
    """
    if width < 1 or height < 1:
        raise damaged(name)
    if max(width, height) > MAX_SIDE:
        raise InputError(
            "{name} is too large ({width} × {height} pixels): it is too wide."
            if width >= height
            else "{name} is too large ({width} × {height} pixels): it is too high.",
            next_step="Cut it, or scale it down, to at most {longest} pixels on its long side.",
            name=name,
            width=width,
            height=height,
            longest=MAX_SIDE,
        )
    if width * height > MAX_PIXELS:
        raise InputError(
            "{name} is too large ({width} × {height} pixels).",
            next_step="Scale it down to {megapixels} megapixels or fewer.",
            name=name,
            width=width,
            height=height,
            megapixels=MAX_PIXELS // 1_000_000,
        )


def check_bytes(name: str, count: int) -> None:
    """Check that the samples take no more memory than the largest picture that can be sent.

    Raises:
        InputError: too many bytes.
    """
    if count > MAX_BYTES:
        raise InputError(
            "{name} is too large ({amount} of samples).",
            next_step="Scale it down, or save it with fewer bits in each sample.",
            name=name,
            amount=Amount(count),
        )
