"""The pictures of one task at one scale: what is kept, what is painted, and what is seen."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from neural_style.engine.picture.colour_space import denormalise, normalise
from neural_style.engine.picture.palette import Palettes, paint_in
from neural_style.engine.picture.recolour import PreserveColour, recolour


@dataclass(frozen=True)
class Colours:
    """What becomes of the colours that were painted.

    Attributes:
        of_style: share of the way to the style's colours that what is seen has gone in any case,
            in [0, 1]; see :mod:`neural_style.engine.picture.palette`.
        preserved: how the content's colours are brought back; see
            :mod:`neural_style.engine.picture.recolour`.
    """

    of_style: float = 0.0
    preserved: PreserveColour = "off"


@dataclass(frozen=True)
class Canvas:
    """Where a scale's picture is painted.

    Attributes:
        pixels: the content image, (3, h, w) in [0, 1].
        detail: what finer scales take their detail from, (3, h, w) in [0, 1]: the content, the
            picture that the person starts from, or None for nothing.
        mask: (1, h, w) in [0, 1], how far each pixel may leave the content; None for anywhere.
        palettes: of the style images.
    """

    pixels: Tensor
    detail: Tensor | None
    mask: Tensor | None
    palettes: Palettes = ()

    @property
    def content(self) -> Tensor:
        """The content image, normalised (1, 3, h, w)."""
        return normalise(self.pixels).unsqueeze(0)

    @property
    def base(self) -> Tensor:
        """The detail, normalised (1, 3, h, w); not kept, because it is as large as the picture."""
        if self.detail is None:
            return torch.zeros_like(self.pixels).unsqueeze(0)
        return normalise(self.detail).unsqueeze(0)

    def painted(self, paint: Tensor) -> Tensor:
        """The picture that the network sees: ``paint`` on the content, as far as the mask goes."""
        if self.mask is None:
            return paint
        return torch.lerp(self.content, paint, self.mask)

    def gradient(self, gradient: Tensor) -> Tensor:
        """From the gradient at the painted picture to that at the paint."""
        return gradient if self.mask is None else gradient * self.mask

    def seen(self, paint: Tensor, colours: Colours) -> Tensor:
        """What people see: (3, h, w) float32 in [0, 1] on the CPU, exactly the content where the
        mask is zero."""
        pixels = denormalise(paint.detach().squeeze(0)).clamp(0, 1)
        pixels = paint_in(pixels, self.palettes, colours.of_style)
        pixels = recolour(pixels, self.pixels, colours.preserved)
        if self.mask is not None:
            pixels = torch.lerp(self.pixels, pixels, self.mask)
        return pixels.to("cpu", torch.float32)
