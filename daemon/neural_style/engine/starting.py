"""What a scale begins with: its pictures at its size, and the first paint."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from neural_style.engine.network.vgg import Vgg
from neural_style.engine.objective.collecting import Cut, View, WeightedStyle
from neural_style.engine.objective.laid_detail import Coarser, laid_detail
from neural_style.engine.picture.banded_resize import resize_band
from neural_style.engine.picture.canvas import Canvas
from neural_style.engine.picture.colour_map import ColourMap, mixed
from neural_style.engine.picture.colour_space import normalise
from neural_style.engine.picture.recolour import colour_match
from neural_style.engine.picture.resize import Size, resize, resize_as_textbook, size_of
from neural_style.engine.recipe import Recipe
from neural_style.engine.scale_run import Painting
from neural_style.engine.share import Bands, whole
from neural_style.engine.task import StyleImage


def pixels_at(pixels: Tensor, size: Size, device: torch.device, recipe: Recipe) -> Tensor:
    """A picture (3, h, w) at a scale's size, in [0, 1]."""
    textbook = recipe.resampling == "textbook"
    resized = resize_as_textbook(pixels, size) if textbook else resize(pixels, size)
    return resized.clamp(0, 1).to(device)


def styles_at(
    shares: Sequence[tuple[StyleImage, float]], size: Size, device: torch.device, recipe: Recipe
) -> list[WeightedStyle]:
    """The style images for a picture of that size."""
    found = []
    for style, share in shares:
        own_size = recipe.style_size(size_of(style.pixels), size)
        pixels = pixels_at(style.pixels, own_size, device, recipe)
        left_out = None if style.left_out is None else style.left_out.to(device)
        found.append(WeightedStyle(normalise(pixels).unsqueeze(0), share, left_out))
    return found


def first_paint(
    canvas: Canvas, styles: Callable[[], Sequence[WeightedStyle]], recipe: Recipe
) -> Tensor:
    """The start of the coarsest scale without an initial picture: normalised (1, 3, h, w).

    Args:
        styles: gives the style images, if their colours are needed.
    """
    base, bands = canvas.base, _bands(canvas)
    if recipe.start == "noise":
        random = torch.Generator().manual_seed(recipe.seed)
        shape = (1, 3, bands.height, base.shape[-1])
        return torch.randn(shape, generator=random)[..., bands.own.slice, :].to(base)
    if recipe.colours.of_style == 0:
        return base
    return first_colours(canvas, styles, recipe).on(base.squeeze(0)).unsqueeze(0)


def first_colours(
    canvas: Canvas, styles: Callable[[], Sequence[WeightedStyle]], recipe: Recipe
) -> ColourMap:
    """The map from the content's colours to those that the coarsest scale begins with."""
    share = recipe.colours.of_style
    if share == 0:
        return ColourMap.identity()
    content, bands = canvas.content.squeeze(0), _bands(canvas)
    matches = [
        (colour_match(content, style.image.squeeze(0), bands.share), style.share)
        for style in styles()
    ]
    return mixed(matches).blended(share)


def carried_paint(
    before: Painting,
    canvas: Canvas,
    styles: Callable[[], Sequence[WeightedStyle]],
    vgg: Vgg,
    recipe: Recipe,
) -> Tensor:
    """The start of a finer scale: the coarser paint, and the detail that only this one has.

    The detail is the content's and the styles' own, in the recipe's shares.

    Args:
        styles: gives the style images, if their detail is needed.
        vgg: the network that compares the coarser paint with the styles.
    """
    coarse, fine, width = _bands(before.canvas), _bands(canvas), canvas.pixels.shape[2]
    detail = canvas.base - resize_band(before.canvas.base, coarse, fine, width)
    paint = resize_band(before.paint, coarse, fine, width)
    paint.add_(detail, alpha=recipe.carried_detail)
    if recipe.laid_detail:
        view = View(vgg, recipe.architecture, Cut(None, lambda: None))
        with torch.no_grad():
            laid = laid_detail(view, Coarser(before.paint, coarse), styles(), fine, width)
            if recipe.faces is not None:  # they keep their own
                faces = resize(recipe.faces.to(laid), (fine.height, width)).clamp(0, 1)
                laid *= 1 - faces[..., fine.own.slice, :]
        paint.add_(laid, alpha=recipe.laid_detail)
    return paint


def _bands(canvas: Canvas) -> Bands:
    return canvas.bands or whole(canvas.pixels.shape[1])
