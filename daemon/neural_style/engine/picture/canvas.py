"""The pictures of one task at one scale, and the conversions between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from neural_style.engine.picture.colour_map import ColourMap
from neural_style.engine.picture.colour_space import denormalise, normalise
from neural_style.engine.picture.palette import Palettes, apply_palettes, palette_map
from neural_style.engine.picture.recolour import PreserveColour, recolour
from neural_style.engine.share import Bands, whole


@dataclass(frozen=True)
class Colours:
    """How the result's colours are changed.

    Attributes:
        of_style: how far the result's colours are moved to the style's, in [0, 1]; see
            :mod:`neural_style.engine.picture.palette`.
        preserved: how the content's colours are restored; see
            :mod:`neural_style.engine.picture.recolour`.
    """

    of_style: float = 0.0
    preserved: PreserveColour = "off"


@dataclass(frozen=True)
class Canvas:
    """The inputs of a scale's picture.

    Attributes:
        pixels: the content image, (3, h, w) in [0, 1].
        detail: the picture that adds detail at finer scales, (3, h, w) in [0, 1]: the content or
            the user's initial picture; None for no detail.
        mask: (1, h, w) in [0, 1], how far each pixel may leave the content; None for no limit.
        palettes: the style images' palettes.
        tones: the change of the result's colours that is used in place of the palettes, if the
            picture is a frame whose shot has settled it.
        bands: the rows of the picture that all of these have; None for all of them.
    """

    pixels: Tensor
    detail: Tensor | None
    mask: Tensor | None
    palettes: Palettes = ()
    tones: ColourMap | None = None
    bands: Bands | None = None

    @property
    def content(self) -> Tensor:
        """The content image, normalised (1, 3, h, w)."""
        return normalise(self.pixels).unsqueeze(0)

    @property
    def base(self) -> Tensor:
        """The detail, normalised (1, 3, h, w), or zeros; computed on demand to save memory."""
        if self.detail is None:
            return torch.zeros_like(self.pixels).unsqueeze(0)
        return normalise(self.detail).unsqueeze(0)

    def on(self, device: torch.device) -> Canvas:
        """The canvas on another device."""
        pixels, detail = self.pixels.to(device), self.detail
        if detail is not None:  # usually the same picture, which is kept once
            detail = pixels if detail is self.pixels else detail.to(device)
        mask = None if self.mask is None else self.mask.to(device)
        return replace(self, pixels=pixels, detail=detail, mask=mask)

    def painted(self, paint: Tensor) -> Tensor:
        """The network's input: ``paint`` blended with the content by the mask."""
        if self.mask is None:
            return paint
        return torch.lerp(self.content, paint, self.mask)

    def gradient(self, gradient: Tensor) -> Tensor:
        """The gradient at the paint from the gradient at the painted picture."""
        return gradient if self.mask is None else gradient * self.mask

    def tones_of(self, paint: Tensor, colours: Colours) -> ColourMap:
        """The change of colours between ``paint``, normalised (1, 3, h, w), and what is seen."""
        if self.tones is not None:
            return self.tones
        pixels = denormalise(paint.detach().squeeze(0)).clamp(0, 1)
        found = palette_map(pixels, self.palettes, colours.of_style)
        return ColourMap.identity() if found is None else found

    def seen(self, paint: Tensor, colours: Colours) -> Tensor:
        """The picture to show: (3, h, w) float32 in [0, 1] on the CPU; exactly the content where
        the mask is zero."""
        pixels = denormalise(paint.detach().squeeze(0)).clamp(0, 1)
        bands = self.bands or whole(self.pixels.shape[-2])
        if self.tones is not None:
            pixels = self.tones.within_range(pixels)
        else:
            pixels = apply_palettes(pixels, self.palettes, colours.of_style, bands)
        pixels = recolour(pixels, self.pixels, colours.preserved, bands.share)
        if self.mask is not None:
            pixels = torch.lerp(self.pixels, pixels, self.mask)
        return pixels.to("cpu", torch.float32)
