"""What is asked of the daemon."""

from __future__ import annotations

from dataclasses import dataclass

from neural_style_protocol.client import Client
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings


@dataclass(frozen=True)
class Order:
    """One picture to be painted."""

    content: Picture
    style: Picture
    settings: Settings

    def submit(self, client: Client) -> str:
        """Send it; the job's name.

        Raises:
            NeuralStyleError: the daemon refuses it, or does not answer.
        """
        return client.submit(self.content, [(self.style, 1.0)], self.settings)
