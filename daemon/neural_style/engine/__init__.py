"""The engine: a content image and style images in, a stylised picture out. Torch, no I/O.

It optimises the picture itself until VGG-19 sees the content image's objects and the style
image's texture in it (Gatys, Ecker & Bethge, *Image Style Transfer Using Convolutional Neural
Networks*, CVPR 2016).
"""

from __future__ import annotations

from neural_style.engine.losses import Losses
from neural_style.engine.minimise.state import State
from neural_style.engine.stylizer import Stylizer
from neural_style.engine.task import (
    Checkpoint,
    Ending,
    Observe,
    Outcome,
    Progress,
    Render,
    StyleImage,
    Task,
)

__all__ = [
    "Checkpoint",
    "Ending",
    "Losses",
    "Observe",
    "Outcome",
    "Progress",
    "Render",
    "State",
    "StyleImage",
    "Stylizer",
    "Task",
]
