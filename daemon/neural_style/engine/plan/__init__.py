"""Chooses how to compute a picture on a device, and predicts the cost."""
