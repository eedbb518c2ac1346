"""Pictures that the program draws itself: a content image and styles, made with numpy alone.

They let an installation prove itself, and its documentation be illustrated, without a picture of
anybody else's. Every picture is an (H, W, 3) uint8 array, sRGB, and the same for the same seed.
"""

from neural_style.samples.landscape import draw_landscape
from neural_style.samples.styles import STYLES

__all__ = ["STYLES", "draw_landscape"]
