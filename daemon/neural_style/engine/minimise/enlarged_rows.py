"""Bilinear enlargement along the rows, and its transpose, where several processes have the rows.

It is what one process computes of all rows with PyTorch's own functions, but for rounding.
"""

from __future__ import annotations

import torch
from torch import Tensor

from neural_style.engine.share import Bands, Span, Spans


def enlarged_rows(image: Tensor, coarse: Bands, fine: Bands) -> Tensor:
    """(1, c, own rows of ``fine``, w) from (1, c, own rows of ``coarse``, w)."""
    needed = rows_for_enlarged(coarse, fine)
    seen = coarse.share.complete(image, coarse.spans, needed)
    first = needed[coarse.share.rank].start
    upper, share = _places(fine.own, coarse.height, fine.height, image.device)
    lower = (upper + 1).clamp_max(coarse.height - 1)
    share = share.to(image.dtype).view(-1, 1)
    return torch.lerp(
        seen.index_select(2, upper - first), seen.index_select(2, lower - first), share
    )


def gathered_rows(image: Tensor, fine: Bands, coarse: Bands) -> Tensor:
    """The transpose: (1, c, own rows of ``coarse``, w) from (1, c, own rows of ``fine``, w).

    Each value is summed in one order, so that the same seed gives the same picture on a card.
    """
    needed = rows_for_gathered(fine, coarse)
    seen = fine.share.complete(image, fine.spans, needed)
    first, last = needed[fine.share.rank].start, needed[fine.share.rank].stop - 1
    rows = torch.arange(coarse.own.start, coarse.own.stop, device=image.device)
    nearest = _first_reached(rows, coarse.height, fine.height)
    total = image.new_zeros((*image.shape[:2], len(rows), image.shape[3]))
    for offset in range(_most_reached(coarse.height, fine.height)):
        at = nearest + offset
        places = at.clamp(first, last)
        upper, share = _numbered_places(places, coarse.height, fine.height)
        lower = (upper + 1).clamp_max(coarse.height - 1)
        weight = (1 - share) * (upper == rows) + share * (lower == rows)
        weight = (weight * (at == places)).to(image.dtype)
        total.addcmul_(seen.index_select(2, places - first), weight.view(-1, 1))
    return total


def rows_for_enlarged(coarse: Bands, fine: Bands) -> Spans:
    """The coarse rows that each process needs for its fine ones."""
    return tuple(_between(span, coarse.height, fine.height) for span in fine.spans)


def rows_for_gathered(fine: Bands, coarse: Bands) -> Spans:
    """The fine rows that each process needs for its coarse ones."""
    return tuple(_reached(span, coarse.height, fine.height) for span in coarse.spans)


def _places(rows: Span, coarse: int, fine: int, device: torch.device) -> tuple[Tensor, Tensor]:
    return _numbered_places(torch.arange(rows.start, rows.stop, device=device), coarse, fine)


def _numbered_places(rows: Tensor, coarse: int, fine: int) -> tuple[Tensor, Tensor]:
    """The coarse row above each fine row, and how far it is from there to the next: in [0, 1).

    In whole numbers as far as possible, because rows of a large picture have too many digits.
    """
    place = ((2 * rows + 1) * coarse - fine).clamp_min(0)
    upper = torch.div(place, 2 * fine, rounding_mode="floor")
    return upper, (place - upper * (2 * fine)).double() / (2 * fine)


def _between(rows: Span, coarse: int, fine: int) -> Span:
    """The coarse rows from which fine ``rows`` are made."""
    if not len(rows):
        return Span(0, 0)
    first, last = (
        max(0, (2 * row + 1) * coarse - fine) // (2 * fine) for row in (rows.start, rows.stop - 1)
    )
    return Span(first, min(coarse, last + 2))


def _reached(rows: Span, coarse: int, fine: int) -> Span:
    """The fine rows that are made of coarse ``rows``, and perhaps some more."""
    if not len(rows):
        return Span(0, 0)
    numbers = torch.tensor([rows.start, rows.stop - 1])
    first, last = _first_reached(numbers, coarse, fine).tolist()
    return Span(max(0, first), min(fine, last + _most_reached(coarse, fine)))


def _first_reached(rows: Tensor, coarse: int, fine: int) -> Tensor:
    """For each coarse row, the first fine row that may be made of it."""
    return torch.div((2 * rows - 1) * fine - coarse, 2 * coarse, rounding_mode="floor")


def _most_reached(coarse: int, fine: int) -> int:
    return -(-2 * fine // coarse) + 2
