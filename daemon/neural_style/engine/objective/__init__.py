"""The objective at one scale: an image in, its losses and their gradient out."""
