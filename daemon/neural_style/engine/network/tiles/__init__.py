"""The network in tiles: exact results in bounded memory."""
