"""Neural style transfer: the command `neural-style` and the daemon behind it."""

from neural_style_protocol import __version__

__all__ = ["__version__"]
