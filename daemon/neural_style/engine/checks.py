"""Checks of the input pictures, with an error for each that cannot be stylised."""

from __future__ import annotations

import torch
from torch import Tensor

from neural_style.engine.picture.resize import Size
from neural_style.engine.task import Task
from neural_style_protocol.errors import InputError
from neural_style_protocol.phrases import Phrase

SMALLEST_SIDE = 16
"""A shorter side would vanish in the four poolings before conv5_1."""

CONTENT = Phrase("The content image")
STYLE = Phrase("The style image")
INITIAL = Phrase("The initial picture")
MASK = Phrase("The mask")
PREVIOUS = Phrase("The frame before this one")


def check_task(task: Task) -> None:
    """Refuse pictures of the wrong shape, size or dtype, and styles without weight.

    Raises:
        InputError: with the picture and the reason.
    """
    _check_image(task.content, CONTENT)
    if not task.styles:
        raise InputError("There is no style image.", next_step="Choose one.")
    for style in task.styles:
        _check_image(style.pixels, STYLE)
        if not 0 < style.weight < float("inf"):
            raise InputError(
                "A style image cannot have the weight {weight}.",
                next_step="Choose a weight above zero.",
                weight=style.weight,
            )
    size = task.content.shape[1:]
    if task.initial is not None:
        _check_image(task.initial, INITIAL)
    if task.previous is not None:
        _check_image(task.previous.paint, PREVIOUS)
        _check_same_size(task.previous.trust, task.previous.paint.shape[1:], PREVIOUS)
    if task.mask is not None:
        _check_same_size(task.mask, size, MASK)
        if task.mask.shape[0] != 1 or not bool(((task.mask >= 0) & (task.mask <= 1)).all()):
            raise InputError("The mask is not a picture of one channel between 0 and 1.")


def check_size(size: Size) -> None:
    """Refuse a picture with a side below :data:`SMALLEST_SIDE`.

    Raises:
        InputError: with the size.
    """
    height, width = size
    if min(size) < SMALLEST_SIDE:
        raise InputError(
            "The picture would be computed at {width} × {height} pixels, but each side needs at "
            "least {least}.",
            next_step="Choose a picture that is less small or less narrow, or a larger size.",
            width=width,
            height=height,
            least=SMALLEST_SIDE,
        )


def _check_same_size(pixels: Tensor, size: torch.Size, name: Phrase) -> None:
    if pixels.ndim != 3 or pixels.shape[1:] != size:
        raise InputError(
            "{picture} does not have the content image's size of {width} × {height} pixels.",
            picture=name,
            width=size[1],
            height=size[0],
        )


def _check_image(pixels: Tensor, name: Phrase) -> None:
    if pixels.ndim != 3 or pixels.shape[0] != 3 or pixels.dtype != torch.float32:
        raise InputError("{picture} is not a float32 picture with three channels.", picture=name)
    height, width = pixels.shape[1:]
    if min(height, width) < SMALLEST_SIDE:
        raise InputError(
            "{picture} has {width} × {height} pixels, but each side needs at least {least}.",
            picture=name,
            width=width,
            height=height,
            least=SMALLEST_SIDE,
        )
    if not bool(pixels.isfinite().all()):
        raise InputError("{picture} holds values that are not numbers.", picture=name)
