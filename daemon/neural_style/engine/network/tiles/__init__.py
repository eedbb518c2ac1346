"""The network in tiles: exact, in bounded memory."""
