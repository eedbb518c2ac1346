"""The network in 8-bit integers, for processors that have them."""
