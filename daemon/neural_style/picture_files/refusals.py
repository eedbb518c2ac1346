"""The errors for picture files, each with the file's name and a next step."""

from __future__ import annotations

from neural_style.picture_files.formats import KNOWN
from neural_style_protocol.errors import InputError
from neural_style_protocol.pixels import MAX_BYTES, MAX_PIXELS, MAX_SIDE

SAVE_AGAIN = "Open it in an image editor and save it again, or choose another picture."
SAVE_PLAIN = "Save it as RGB with 8 or 16 bits in an image editor, and choose that file."


def damaged(name: str) -> InputError:
    """The error for missing pixels, or pixels that cannot be decoded."""
    return InputError(f"{name} is damaged or incomplete.", next_step=SAVE_AGAIN)


def not_a_picture(name: str, what: str) -> InputError:
    """The error for another kind of file; ``what`` is, for example, "it is a GIF picture"."""
    return InputError(f"{name} is not a picture that can be read: {what}.", next_step=KNOWN)


def unknown_kind(name: str, what: str, next_step: str = SAVE_PLAIN) -> InputError:
    """The error for an unsupported variety of a format; ``what`` completes "NAME …"."""
    return InputError(f"{name} {what}.", next_step=next_step)


def check_size(name: str, width: int, height: int) -> None:
    """Check the size in the header, before anything is decoded.

    Raises:
        InputError: no pixels, a side that is too long, or too many pixels.
    """
    if width < 1 or height < 1:
        raise damaged(name)
    size = f"({width} × {height} pixels)"
    if max(width, height) > MAX_SIDE:
        side = "wide" if width >= height else "high"
        raise InputError(
            f"{name} is too large {size}: it is too {side}.",
            next_step=f"Cut it, or scale it down, to at most {MAX_SIDE} pixels on its long side.",
        )
    if width * height > MAX_PIXELS:
        raise InputError(
            f"{name} is too large {size}.",
            next_step=f"Scale it down to {MAX_PIXELS // 1_000_000} megapixels or fewer.",
        )


def check_bytes(name: str, count: int) -> None:
    """Check that the samples take no more memory than the largest picture that can be sent.

    Raises:
        InputError: too many bytes.
    """
    if count > MAX_BYTES:
        raise InputError(
            f"{name} is too large ({count / 1e9:.1f} GB of samples).",
            next_step="Scale it down, or save it with fewer bits in each sample.",
        )
