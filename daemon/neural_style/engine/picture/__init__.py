"""Pixels: sizes, colours, and the canvas."""
