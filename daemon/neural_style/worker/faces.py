"""Finds the faces in a photograph, so that the engine can let them keep their features.

The detector is MTCNN (Zhang, Zhang, Li & Qiao, *Joint Face Detection and Alignment Using Multitask
Cascaded Convolutional Networks*, 2016) of the package facenet-pytorch, which has its weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import torch
from facenet_pytorch import MTCNN
from torch import Tensor

from neural_style.engine.picture.resize import Size, resize, size_of
from neural_style.engine.presets import recipe_for
from neural_style.engine.terms.neighbours import Neighbours
from neural_style_protocol.settings import Settings

LONGEST = 640
"""Larger pictures are searched at this size. A face of less than 20 pixels is not found there; it
is too small to have features that could be kept."""

SMALLEST = 40
"""A picture with a shorter side is not searched."""

LEAST_PROBABILITY = 0.95
"""Of a face in a photograph, which changes what is painted there."""

LEAST_IN_A_PAINTING = 0.85
"""Of a painted face, which looks less like one."""

SIZES_OF_A_PAINTING = (640, 448, 320)
"""The longest sides at which a painting is searched: at a single size, a painted face is often
missed."""

KEPT_ANSWERS = 16
"""Pictures whose faces are remembered. Previews are made of the same ones again and again."""

INSIDE, OUTSIDE = 1.2, 1.75
"""A face counts fully within an ellipse of so many times its box, less and less up to the other
one, and not at all outside it. The box has the features; the ellipses also have chin and brow."""


class FaceFinder:
    """Finds faces. It loads the detector when it is first needed, and keeps the newest answers."""

    def __init__(self) -> None:
        self._detector: Any = None
        self._found: dict[bytes, list[tuple[Tensor, float]]] = {}

    def faces_for(
        self, content: Tensor, styles: Sequence[Tensor], settings: Settings
    ) -> tuple[Tensor | None, list[Tensor | None]]:
        """What the engine is told of faces in a picture that is painted with ``settings``.

        Args:
            content, styles: as in :meth:`faces_in`.

        Returns:
            The faces in the content, as :meth:`faces_in`; and what is to be left out of each style:
            if the content has no face, those in the style are not to be painted there. All are None
            where no term of the painting would use it.
        """
        nothing: list[Tensor | None] = [None] * len(styles)
        if not _uses_faces(settings, size_of(content)):
            return None, nothing
        found = self.faces_in(content)
        return found, nothing if found is not None else [self._painted_in(it) for it in styles]

    def _painted_in(self, style: Tensor) -> Tensor | None:
        """The faces in a painting, as :meth:`faces_in`."""
        sizes = (min(longest, max(size_of(style))) for longest in SIZES_OF_A_PAINTING)
        found = [
            faces
            for longest in dict.fromkeys(sizes)
            if (faces := self.faces_in(style, LEAST_IN_A_PAINTING, longest)) is not None
        ]
        if not found:
            return None
        size = size_of(found[0])
        return torch.stack([resize(each, size).clamp(0, 1) for each in found]).amax(0)

    def faces_in(
        self, colour: Tensor, least: float = LEAST_PROBABILITY, longest: int = LONGEST
    ) -> Tensor | None:
        """How far each place belongs to a face; None if there is none.

        The same picture always has the same faces. They are found on the CPU.

        Args:
            colour: (3, height, width) float32 sRGB in [0, 1].
            least: the probability from which on it is one.
            longest: a picture with a longer side is searched at this size.

        Returns:
            (1, h, w) float32 in [0, 1] in the picture's proportions, no side longer than
            ``longest``.
        """
        height, width = size_of(colour)
        ratio = min(1.0, longest / max(height, width))
        size = round(height * ratio), round(width * ratio)
        if min(size) < SMALLEST:
            return None
        small = (
            (resize(colour, size).clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous()
        )
        seen = hashlib.sha256(repr(size).encode() + small.numpy().tobytes()).digest()
        found = self._found.pop(seen, None)
        self._found[seen] = found if found is not None else self._search(small)
        while len(self._found) > KEPT_ANSWERS:
            del self._found[next(iter(self._found))]
        places = [place for place, sure in self._found[seen] if sure >= least]
        return torch.stack(places).amax(0) if places else None

    def _search(self, picture: Tensor) -> list[tuple[Tensor, float]]:
        """Each face's place and probability, for (height, width, 3) bytes."""
        if self._detector is None:
            self._detector = MTCNN(keep_all=True, device="cpu")
        with torch.no_grad():
            boxes, probabilities = self._detector.detect(picture.numpy())
        if boxes is None:
            return []
        size = picture.shape[0], picture.shape[1]
        return [
            (_place(box, size), float(sure)) for box, sure in zip(boxes, probabilities, strict=True)
        ]


def _uses_faces(settings: Settings, size: Size) -> bool:
    """Whether a term of the painting would use what it is told of faces."""
    recipe = recipe_for(settings, size)
    neighbours = any(isinstance(term, Neighbours) for term in recipe.terms)
    return settings.faces and neighbours and not recipe.untouched


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
