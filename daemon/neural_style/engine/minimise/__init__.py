"""The minimisers and their state."""
