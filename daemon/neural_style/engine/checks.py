"""Checks of the input pictures, with an error for each that cannot be stylised."""

from __future__ import annotations

import torch
from torch import Tensor

from neural_style.engine.picture.resize import Size
from neural_style.engine.task import Task
from neural_style_protocol.errors import InputError

SMALLEST_SIDE = 16
"""A shorter side would vanish in the four poolings before conv5_1."""


def check_task(task: Task) -> None:
    """Refuse pictures of the wrong shape, size or dtype, and styles without weight.

    Raises:
        InputError: with the picture and the reason.
    """
    _check_image(task.content, "content image")
    if not task.styles:
        raise InputError("There is no style image.", next_step="Choose one.")
    for style in task.styles:
        _check_image(style.pixels, "style image")
        if not 0 < style.weight < float("inf"):
            raise InputError(
                f"A style image cannot have the weight {style.weight:g}.",
                next_step="Choose a weight above zero.",
            )
    size = task.content.shape[1:]
    if task.initial is not None:
        _check_image(task.initial, "initial picture")
        _check_same_size(task.initial, size, "initial picture")
    if task.mask is not None:
        _check_same_size(task.mask, size, "mask")
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
            f"The picture would be computed at {width} × {height} pixels, "
            f"but each side needs at least {SMALLEST_SIDE}.",
            next_step="Choose a picture that is less small or less narrow, or a larger size.",
        )


def _check_same_size(pixels: Tensor, size: torch.Size, role: str) -> None:
    if pixels.ndim != 3 or pixels.shape[1:] != size:
        raise InputError(
            f"The {role} does not have the content image's size of {size[1]} × {size[0]} pixels.",
        )


def _check_image(pixels: Tensor, role: str) -> None:
    if pixels.ndim != 3 or pixels.shape[0] != 3 or pixels.dtype != torch.float32:
        raise InputError(f"The {role} is not a float32 picture with three channels.")
    height, width = pixels.shape[1:]
    if min(height, width) < SMALLEST_SIDE:
        raise InputError(
            f"The {role} has {width} × {height} pixels, "
            f"but each side needs at least {SMALLEST_SIDE}.",
        )
    if not bool(pixels.isfinite().all()):
        raise InputError(f"The {role} holds values that are not numbers.")
