"""What the GIMP plug-in, the command line and the daemon say to one another.

Standard library, pyzmq and msgpack only: this package also runs inside GIMP's own Python.
"""

__version__ = "0.1.0"
