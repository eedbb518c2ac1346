"""VGG-19 as a function from an image to feature layers, for whole pictures or in tiles."""
