"""What scripts begin with that speak to the daemon from inside GIMP, with the plug-in's modules."""

from __future__ import annotations

CONNECTED = """
    plugin = {plugin!r}
    sys.path[:0] = [plugin, plugin + "/vendor"]
    import gi
    gi.require_version("Gtk", "3.0")
    from gi.repository import Gtk
    Gtk.init(None)
    from neural_style_protocol.connection import Connection
    from neural_style_protocol.client import Client
    from neural_style_protocol.zmq_link import ZmqLink
    from pathlib import Path
    from jobs_watch import JobsWatch
    from queue_view import QueueView

    client = Client(ZmqLink(Connection.read(Path({connection!r}))))
"""
"""To be formatted with the plug-in's folder and the connection file; ``client`` is connected."""
