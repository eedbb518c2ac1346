"""The network in 8-bit integers, for CPUs with instructions for them."""
