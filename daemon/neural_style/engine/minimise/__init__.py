"""The minimisers, and what they remember."""
