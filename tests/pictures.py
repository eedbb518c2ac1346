"""Pictures for every test: photographs that come with test packages, and those the program draws.

The photographs are in two packages of the extra ``test``, which are not imported for them:
china.jpg (a palace among trees, 640 × 427) and flower.jpg (640 × 427) in scikit-learn; astronaut
(512 × 512), chelsea (a cat, 451 × 300) and coffee (600 × 400) in scikit-image. The drawn ones are
:mod:`neural_style.samples`.
"""

from __future__ import annotations

import functools
import shutil
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from neural_style.samples import STYLES, draw_landscape

PHOTOGRAPHS = {
    "china": ("scikit-learn", "sklearn/datasets/images/china.jpg"),
    "flower": ("scikit-learn", "sklearn/datasets/images/flower.jpg"),
    "astronaut": ("scikit-image", "skimage/data/astronaut.png"),
    "chelsea": ("scikit-image", "skimage/data/chelsea.png"),
    "coffee": ("scikit-image", "skimage/data/coffee.png"),
}
"""By name: the package, and the file in it."""

DRAWN = {"landscape": draw_landscape, **STYLES}


def photograph(name: str) -> Path:
    """The file of one of :data:`PHOTOGRAPHS`.

    Raises:
        FileNotFoundError: the package does not hold it (any more).
    """
    return packaged(*PHOTOGRAPHS[name])


def packaged(package: str, file: str) -> Path:
    """A file of an installed package.

    Raises:
        FileNotFoundError: the package does not hold it (any more).
    """
    path = Path(str(metadata.distribution(package).locate_file(file)))
    if not path.is_file():
        raise FileNotFoundError(f"{package} has no {file}")
    return path


@functools.cache
def opened(name: str) -> Image.Image:
    """The picture in RGB, as large as there is; nobody may change it."""
    if name in DRAWN:
        return Image.fromarray(DRAWN[name]())
    with Image.open(photograph(name)) as image:
        return image.convert("RGB")


def tensor(name: str, longest: int) -> Tensor:
    """(3, h, w) float32 in [0, 1], its longest side ``longest`` or what there is."""
    image = opened(name).copy()
    image.thumbnail((longest, longest))
    return to_pixels(image)


def to_pixels(image: Image.Image) -> Tensor:
    """(3, h, w) float32 in [0, 1] of a picture."""
    samples = torch.from_numpy(np.array(image.convert("RGB")))
    return samples.permute(2, 0, 1).float().div(255).contiguous()


def write(name: str, folder: Path) -> Path:
    """A file of the picture in ``folder``: the photograph's own, or a PNG of a drawn one."""
    if name in DRAWN:
        path = folder / f"{name}.png"
        opened(name).save(path)
        return path
    source = photograph(name)
    return Path(shutil.copyfile(source, folder / source.name))
