"""Connects to the daemon through the bridge."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from neural_style_protocol.bridge.pipe_link import PipeLink
from neural_style_protocol.client import Client
from neural_style_protocol.environment import clean_environment
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import Phrase

SUBCOMMAND = "bridge"


def connect_by_bridge(
    home: Home,
    command: Sequence[str],
    *,
    name: str = "",
    on_state: Callable[[Phrase], None] = lambda phrase: None,
) -> Client:
    """Connect to the daemon of ``home``, or to the remote one that is chosen there.

    The bridge starts the local daemon if it is not running.

    Args:
        home: the product's folder.
        command: the start of the program's command line, such as ``["/…/bin/neural-style"]``.
        name: the client's name in the daemon's log.
        on_state: called with a phrase that says what the program waits for.

    Raises:
        BridgeError: the bridge cannot be started, or ends before it has connected.
        NeuralStyleError: the daemon cannot be reached.
    """
    return Client(open_link(home, command, name=name, on_state=on_state), name=name)


def open_link(
    home: Home,
    command: Sequence[str],
    *,
    name: str = "",
    start: bool = True,
    on_state: Callable[[Phrase], None] = lambda phrase: None,
) -> PipeLink:
    """The link alone; with ``start`` false it starts no daemon. Otherwise as above."""
    return PipeLink(
        [*command, SUBCOMMAND],
        clean_environment(os.environ, home),
        _existing(home),
        client=name,
        start=start,
        on_state=on_state,
    )


def _existing(home: Home) -> Path:
    """A folder to start in. The current one may be on a disk that is to be removed."""
    return home.root if home.root.is_dir() else Path(home.root.anchor)
