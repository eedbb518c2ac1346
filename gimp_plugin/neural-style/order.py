"""What is asked of the daemon, and the connection on which it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from installation import Installation
from neural_style_protocol.client import Client
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

CLIENT_NAME = "GIMP"


@dataclass(frozen=True)
class Order:
    """One picture to be painted."""

    content: Picture
    style: Picture
    settings: Settings


def place(
    order: Order, installation: Installation, on_state: Callable[[str], None]
) -> tuple[Client, str]:
    """Connect, starting the daemon if need be, and submit: the client and the job's name.

    Raises:
        NeuralStyleError: the daemon cannot be reached or started, or refuses the order.
    """
    client = connect_or_start(
        installation.home, installation.command, name=CLIENT_NAME, on_state=on_state
    )
    try:
        job = client.submit(order.content, [(order.style, 1.0)], order.settings)
    except BaseException:
        client.close()
        raise
    return client, job
