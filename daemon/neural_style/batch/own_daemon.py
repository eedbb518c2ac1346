"""A daemon for one command alone, in a home of its own that goes with it.

Machines of a cluster often share the user's folder. There is one connection file in it, for one
daemon; and a job of a scheduler may use no other card or processor than its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from neural_style import weights
from neural_style_protocol.client import Client
from neural_style_protocol.daemon_lock import is_held
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home

END_SECONDS = 30.0
ENDS_WITHOUT_CLIENTS = {"NEURAL_STYLE_EXIT_AFTER": "1"}
"""Minutes. So that it ends soon if the command is killed; what it is painting comes to its end."""


@contextlib.contextmanager
def own_daemon(
    home: Home, command: Sequence[str], *, weights_name: str, name: str
) -> Iterator[Client]:
    """A client of a daemon that is started now, and ends with the block.

    It uses the weights of ``home``, which are fetched first if they are missing, and what was
    measured there on this machine.

    Args:
        command: the start of the daemon's command line.
        name: the client's name in the daemon's log.

    Raises:
        NeuralStyleError: it cannot be started.
    """
    weights.ensure(home.weights, weights_name)
    with tempfile.TemporaryDirectory(
        prefix="neural-style-own-", ignore_cleanup_errors=True
    ) as place:
        own = Home(Path(place).resolve())
        _lend_weights(home, own)
        with contextlib.suppress(OSError):
            shutil.copyfile(home.machine, own.machine)
        os.environ.update(ENDS_WITHOUT_CLIENTS)
        with connect_or_start(own, command, name=name) as client:
            try:
                yield client
            finally:
                _end(own, client)


def _lend_weights(home: Home, own: Home) -> None:
    """Put the weights into ``own`` without a copy, where the system has links."""
    try:
        own.weights.symlink_to(home.weights.resolve(), target_is_directory=True)
    except OSError:
        shutil.copytree(home.weights, own.weights)


def _end(own: Home, client: Client) -> None:
    with contextlib.suppress(Exception):
        client.shut_down()
    deadline = time.monotonic() + END_SECONDS
    while is_held(own) and time.monotonic() < deadline:
        time.sleep(0.05)
