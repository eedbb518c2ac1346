"""Picture files: read as sRGB whatever they hold, checked before the work, written whole."""
