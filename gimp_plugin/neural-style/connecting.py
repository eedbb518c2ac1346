"""The plug-in's way to the daemon: the bridge, or a direct link where no bridge can be started."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import installation
from installation import Installation
from neural_style_protocol.bridge.connecting import connect_by_bridge
from neural_style_protocol.client import Client
from neural_style_protocol.errors import BridgeError
from neural_style_protocol.phrases import Phrase

CLIENT_NAME = "GIMP"


def connect(
    installed: Installation, on_state: Callable[[Phrase], None] = lambda phrase: None
) -> Client:
    """Connect to the daemon; start it if it is not running.

    The direct link needs ZeroMQ in GIMP's own Python, and the bridge does not.

    Args:
        on_state: called with a phrase that says what the plug-in waits for.

    Raises:
        NeuralStyleError: there is no connection.
    """
    if not installation.is_sandboxed():
        try:
            return connect_by_bridge(
                installed.home, installed.command, name=CLIENT_NAME, on_state=on_state
            )
        except BridgeError:
            if not _has_zeromq():
                raise
    from neural_style_protocol.launcher import connect_or_start

    return connect_or_start(installed.home, installed.command, name=CLIENT_NAME, on_state=on_state)


def _has_zeromq() -> bool:
    try:
        importlib.import_module("zmq")
    except ImportError:
        return False
    return True
