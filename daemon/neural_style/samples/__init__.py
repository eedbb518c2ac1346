"""Style images to begin with: paintings, and pictures that the program draws with NumPy.

The drawn ones, a content image among them, also serve to test an installation. Each is an (H, W, 3)
uint8 array in sRGB; the same seed gives the same picture.
"""

from neural_style.samples.landscape import draw_landscape
from neural_style.samples.paintings import PAINTINGS, Painting
from neural_style.samples.styles import STYLES

__all__ = ["PAINTINGS", "STYLES", "Painting", "draw_landscape"]
