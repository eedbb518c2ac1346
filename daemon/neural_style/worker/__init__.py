"""The computing process: the only one that imports the engine."""
