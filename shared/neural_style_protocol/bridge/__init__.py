"""The plug-in's end of the bridge, in the standard library and msgpack alone.

The bridge is a process of the daemon's own Python, ``neural-style bridge``. Messages go to it and
come back through its standard input and output, and it passes them on to the daemon. So a Python
that cannot load ZeroMQ is a client like any other. docs/protocol.md describes both.
"""
