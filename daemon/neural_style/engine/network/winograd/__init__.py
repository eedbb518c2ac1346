"""The network with fewer multiplications, for CPUs without instructions for short numbers."""
