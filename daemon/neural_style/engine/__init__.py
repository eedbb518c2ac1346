"""The engine: makes a stylised picture from a content image and style images. Torch, no I/O.

It optimises the picture's pixels so that its VGG-19 features match the content image's, and their
correlations match the style image's (Gatys, Ecker & Bethge, *Image Style Transfer Using
Convolutional Neural Networks*, CVPR 2016).
"""

from __future__ import annotations

from neural_style.engine.losses import Losses
from neural_style.engine.minimise.state import State
from neural_style.engine.stylizer import Stylizer
from neural_style.engine.task import (
    Checkpoint,
    Ending,
    Frame,
    Observe,
    Outcome,
    Previous,
    Progress,
    Render,
    StyleImage,
    Task,
    Tones,
)

__all__ = [
    "Checkpoint",
    "Ending",
    "Frame",
    "Losses",
    "Observe",
    "Outcome",
    "Previous",
    "Progress",
    "Render",
    "State",
    "StyleImage",
    "Stylizer",
    "Task",
    "Tones",
]
