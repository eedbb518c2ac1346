"""VGG-19 as a function from an image to its feature layers, whole or in tiles."""
