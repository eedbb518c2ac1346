"""Finds the faces in a photograph, so that the engine can let them keep their features.

The detector is MTCNN (Zhang, Zhang, Li & Qiao, *Joint Face Detection and Alignment Using Multitask
Cascaded Convolutional Networks*, 2016) of the package facenet-pytorch, which has its weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from neural_style.engine.picture.resize import resize, size_of
from neural_style.engine.presets import recipe_for
from neural_style.engine.terms.neighbours import Neighbours
from neural_style_protocol.settings import Settings

LONGEST = 640
"""Larger pictures are searched at this size. A face of less than 20 pixels is not found there; it
is too small to have features that could be kept."""

SMALLEST = 40
"""A picture with a shorter side is not searched."""

LEAST_PROBABILITY = 0.95

INSIDE, OUTSIDE = 1.2, 1.75
"""A face counts fully within an ellipse of so many times its box, less and less up to the other
one, and not at all outside it. The box has the features; the ellipses also have chin and brow."""


class FaceFinder:
    """Finds faces. It loads the detector when it is first needed, and keeps the last answer.

    The previews of a picture are made from the same pixels again and again.
    """

    def __init__(self) -> None:
        self._detector: Any = None
        self._seen = b""
        self._found: Tensor | None = None

    def faces_for(self, colour: Tensor, settings: Settings) -> Tensor | None:
        """What the engine is told of the faces in a picture that is painted with ``settings``.

        Args:
            colour: as in :meth:`faces_in`.

        Returns:
            As :meth:`faces_in`; None also where no term of the painting would use it.
        """
        if not settings.faces:
            return None
        recipe = recipe_for(settings, size_of(colour))
        if recipe.untouched or not any(isinstance(term, Neighbours) for term in recipe.terms):
            return None
        return self.faces_in(colour)

    def faces_in(self, colour: Tensor) -> Tensor | None:
        """How far each place belongs to a face; None if there is none.

        The same picture always has the same faces. They are found on the CPU.

        Args:
            colour: (3, height, width) float32 sRGB in [0, 1].

        Returns:
            (1, h, w) float32 in [0, 1] in the picture's proportions, no side longer than
            :data:`LONGEST`.
        """
        height, width = size_of(colour)
        ratio = min(1.0, LONGEST / max(height, width))
        size = round(height * ratio), round(width * ratio)
        if min(size) < SMALLEST:
            return None
        small = (
            (resize(colour, size).clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous()
        )
        seen = hashlib.sha256(repr(size).encode() + small.numpy().tobytes()).digest()
        if seen != self._seen:
            self._found = self._search(small)
            self._seen = seen
        return self._found

    def _search(self, picture: Tensor) -> Tensor | None:
        """As :meth:`faces_in`, for (height, width, 3) bytes."""
        if self._detector is None:
            # It takes as long as a search, and many workers never need it.
            from facenet_pytorch import MTCNN

            self._detector = MTCNN(keep_all=True, device="cpu")
        with torch.no_grad():
            boxes, probabilities = self._detector.detect(picture.numpy())
        found = [] if boxes is None else list(zip(boxes, probabilities, strict=True))
        size = picture.shape[0], picture.shape[1]
        places = [_place(box, size) for box, sure in found if sure >= LEAST_PROBABILITY]
        return torch.stack(places).amax(0) if places else None


def _place(box: Sequence[float], size: tuple[int, int]) -> Tensor:
    """How far each place belongs to one face, (1, *size).

    Args:
        box: left, top, right and bottom in pixels.
    """
    left, top, right, bottom = (float(edge) for edge in box)
    down, across = (torch.arange(side) + 0.5 for side in size)
    far_down = (down - (top + bottom) / 2) / max(1.0, (bottom - top) / 2)
    far_across = (across - (left + right) / 2) / max(1.0, (right - left) / 2)
    distance = torch.hypot(far_down.unsqueeze(1), far_across.unsqueeze(0))
    return ((OUTSIDE - distance) / (OUTSIDE - INSIDE)).clamp(0, 1).unsqueeze(0)
