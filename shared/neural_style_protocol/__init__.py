"""The protocol between the daemon and its clients: the GIMP plug-in and the command line.

It needs only the standard library, pyzmq and msgpack, because it also runs in GIMP's own Python.
"""

__version__ = "0.1.0"
