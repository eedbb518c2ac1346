"""Picture files: read as sRGB, checked before the work, written atomically."""
