"""Sample pictures that the program draws with NumPy: a content image and style images.

They serve to test an installation and to illustrate the documentation, with no need for pictures by
others. Every picture is an (H, W, 3) uint8 array in sRGB; the same seed gives the same picture.
"""

from neural_style.samples.landscape import draw_landscape
from neural_style.samples.styles import STYLES

__all__ = ["STYLES", "draw_landscape"]
