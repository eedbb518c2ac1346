"""How a page of a TIFF file is stored, by its tags; what is not read is refused in words."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from neural_style.picture_files.refusals import damaged, unknown_kind
from neural_style.picture_files.tiff_tags import Directory

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, INDEXED, INKS, YCBCR = 0, 1, 2, 3, 5, 6
CFA, LINEAR_RAW = 32803, 34892
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
UNSPECIFIED, PREMULTIPLIED, STRAIGHT = 0, 1, 2

_CHANNELS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, INDEXED: 1, INKS: 4, YCBCR: 3}
_OTHERS = {4: "a mask", 8: "Lab colours", 9: "Lab colours", 10: "Lab colours"}
_OTHERS |= {32844: "LogLuv colours", 32845: "LogLuv colours"}
_JPEG = frozenset({6, 7, 34892, 33007})
_DECODED_TO_RGB = _JPEG | {50001, 50002, 52546}
"""Codecs (JPEG, WebP, JPEG XL) whose decoders make RGB of YCbCr."""
_CMYK_INKS = 1
_VOID = 4


@dataclass(frozen=True)
class Kind:
    """How samples are stored.

    Attributes:
        photometric: what the colours are once the samples have been unpacked.
        channels: of ``samples``, those that are colours.
        alpha: the index among the samples beyond colours; None if none of them is alpha.
    """

    width: int
    height: int
    photometric: int
    samples: int
    channels: int
    bits: int
    numbers: int
    alpha: int | None
    premultiplied: bool


def kind_of(page: Directory, name: str) -> Kind:
    """The kind of a page.

    Raises:
        InputError: not whole, or not of a kind that is read.
    """
    photometric = page.whole(262, BLACK_IS_ZERO if page.whole(277, 1) < 3 else RGB)
    if photometric not in _CHANNELS:
        what = _OTHERS.get(photometric, "colours of a kind that is not known")
        raise unknown_kind(name, f"is a TIFF with {what}")
    channels = _CHANNELS[photometric]
    samples = page.whole(277, channels if 258 not in page.tags else len(page.wholes(258)))
    if samples < channels or samples > 64:
        raise damaged(name)
    if photometric == INKS and page.whole(332, _CMYK_INKS) != _CMYK_INKS:
        raise unknown_kind(name, "is a TIFF with inks other than cyan, magenta, yellow and black")
    bits = set(page.wholes(258)) or {1}
    numbers = set(page.wholes(339)) or {UNSIGNED}
    alpha, premultiplied = _alpha(page, samples - channels)
    kind = Kind(
        width=page.whole(256, 0),
        height=page.whole(257, 0),
        photometric=photometric,
        samples=samples,
        channels=channels,
        bits=max(bits),
        numbers=UNSIGNED if max(numbers) == _VOID else max(numbers),
        alpha=alpha,
        premultiplied=premultiplied,
    )
    if photometric == YCBCR:
        kind = _unpacked_ycbcr(page, kind, name)
    _check_numbers(kind, len(bits) > 1 or len(numbers) > 1, name)
    return kind


def _alpha(page: Directory, extra: int) -> tuple[int | None, bool]:
    """Which of the samples beyond the colours is alpha, and whether it has been multiplied in."""
    if extra < 1:
        return None, False
    said = page.wholes(338)[:extra] if 338 in page.tags else (STRAIGHT,)
    for index, meaning in enumerate(said):
        if meaning in (PREMULTIPLIED, STRAIGHT):
            return index, meaning == PREMULTIPLIED
    return None, False


def _unpacked_ycbcr(page: Directory, kind: Kind, name: str) -> Kind:
    if page.whole(259, 1) in _DECODED_TO_RGB:
        return dataclasses.replace(kind, photometric=RGB)
    if kind.bits != 8 or kind.samples != 3 or page.wholes(530) != (1, 1):
        raise unknown_kind(name, "is a TIFF with YCbCr colours of a kind that is not read")
    return kind


def _check_numbers(kind: Kind, mixed: bool, name: str) -> None:
    if mixed:
        raise unknown_kind(name, "is a TIFF whose channels have different numbers of bits")
    if kind.numbers == SIGNED:
        raise unknown_kind(
            name, "is a TIFF of signed numbers, and does not say which are black and white"
        )
    if kind.numbers == FLOAT and kind.bits in (16, 24, 32, 64):
        return
    if kind.numbers == UNSIGNED and 1 <= kind.bits <= 32:
        return
    raise unknown_kind(name, f"is a TIFF with {kind.bits}-bit samples of a kind that is not read")
