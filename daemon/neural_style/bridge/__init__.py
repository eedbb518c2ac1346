"""The bridge: a process between a program that cannot load ZeroMQ, and the daemon.

It reads parcels from its standard input and writes parcels to its standard output. What is in them
it passes on to the daemon and back without looking at it. It holds the keys, and starts the daemon.
"""

from neural_style.bridge.bridge import run

__all__ = ["run"]
