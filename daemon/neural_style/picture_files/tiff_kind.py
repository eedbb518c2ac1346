"""How a page of a TIFF file is stored, from its tags; unsupported kinds give an error."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from neural_style.picture_files.refusals import damaged, unknown_kind
from neural_style.picture_files.tiff_tags import Directory

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, INDEXED, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
CFA, LINEAR_RAW = 32803, 34892
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
UNSPECIFIED, PREMULTIPLIED, STRAIGHT = 0, 1, 2

_CHANNELS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, INDEXED: 1, CMYK: 4, YCBCR: 3}
_UNSUPPORTED = {4: "a mask", 8: "Lab colours", 9: "Lab colours", 10: "Lab colours"}
_UNSUPPORTED |= {32844: "LogLuv colours", 32845: "LogLuv colours"}
_JPEG = frozenset({6, 7, 34892, 33007})
_DECODED_TO_RGB = _JPEG | {50001, 50002, 52546}
"""Codecs (JPEG, WebP, JPEG XL) whose decoders convert YCbCr to RGB."""
_CMYK_INK_SET = 1
_UNDEFINED = 4


@dataclass(frozen=True)
class Kind:
    """How samples are stored.

    Attributes:
        photometric: the colour model of the decoded samples.
        samples: samples of each pixel, colours and others.
        channels: how many of ``samples`` are colours.
        bits: bits of each sample.
        sample_format: integer or floating-point.
        alpha: the index of alpha among the samples after the colours; None if there is no alpha.
        premultiplied: whether the colours are multiplied by alpha.
    """

    width: int
    height: int
    photometric: int
    samples: int
    channels: int
    bits: int
    sample_format: int
    alpha: int | None
    premultiplied: bool


def kind_of(page: Directory, name: str) -> Kind:
    """The kind of a page.

    Raises:
        InputError: damaged, or of an unsupported kind.
    """
    photometric = page.integer(262, BLACK_IS_ZERO if page.integer(277, 1) < 3 else RGB)
    if photometric not in _CHANNELS:
        what = _UNSUPPORTED.get(photometric, "colours of a kind that is not known")
        raise unknown_kind(name, f"is a TIFF with {what}")
    channels = _CHANNELS[photometric]
    samples = page.integer(277, channels if 258 not in page.tags else len(page.integers(258)))
    if samples < channels or samples > 64:
        raise damaged(name)
    if photometric == CMYK and page.integer(332, _CMYK_INK_SET) != _CMYK_INK_SET:
        raise unknown_kind(name, "is a TIFF with inks other than cyan, magenta, yellow and black")
    bits = set(page.integers(258)) or {1}
    sample_format = set(page.integers(339)) or {UNSIGNED}
    alpha, premultiplied = _alpha(page, samples - channels)
    kind = Kind(
        width=page.integer(256, 0),
        height=page.integer(257, 0),
        photometric=photometric,
        samples=samples,
        channels=channels,
        bits=max(bits),
        sample_format=UNSIGNED if max(sample_format) == _UNDEFINED else max(sample_format),
        alpha=alpha,
        premultiplied=premultiplied,
    )
    if photometric == YCBCR:
        kind = _unpacked_ycbcr(page, kind, name)
    _check_sample_format(kind, len(bits) > 1 or len(sample_format) > 1, name)
    return kind


def _alpha(page: Directory, extra: int) -> tuple[int | None, bool]:
    """The index of alpha after the colours, and whether the colours are multiplied by it."""
    if extra < 1:
        return None, False
    meanings = page.integers(338)[:extra] if 338 in page.tags else (STRAIGHT,)
    for index, meaning in enumerate(meanings):
        if meaning in (PREMULTIPLIED, STRAIGHT):
            return index, meaning == PREMULTIPLIED
    return None, False


def _unpacked_ycbcr(page: Directory, kind: Kind, name: str) -> Kind:
    if page.integer(259, 1) in _DECODED_TO_RGB:
        return dataclasses.replace(kind, photometric=RGB)
    if kind.bits != 8 or kind.samples != 3 or page.integers(530) != (1, 1):
        raise unknown_kind(name, "is a TIFF with YCbCr colours of a kind that is not read")
    return kind


def _check_sample_format(kind: Kind, mixed: bool, name: str) -> None:
    if mixed:
        raise unknown_kind(name, "is a TIFF whose channels have different numbers of bits")
    if kind.sample_format == SIGNED:
        raise unknown_kind(
            name, "is a TIFF of signed numbers, and does not say which are black and white"
        )
    if kind.sample_format == FLOAT and kind.bits in (16, 24, 32, 64):
        return
    if kind.sample_format == UNSIGNED and 1 <= kind.bits <= 32:
        return
    raise unknown_kind(name, f"is a TIFF with {kind.bits}-bit samples of a kind that is not read")
