"""Pixels: sizes, colours, and the canvas that is painted on."""
