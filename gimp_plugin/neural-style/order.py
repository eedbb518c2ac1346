"""What is asked of the daemon."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass

import scaling
from neural_style_protocol.client import Client
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings


@dataclass(frozen=True)
class Order:
    """One picture to be painted; ``initial`` is where it starts, of the content's size."""

    content: Picture
    style: Picture
    settings: Settings
    initial: Picture | None = None

    @property
    def digest(self) -> str:
        """Tells the content image from any other."""
        return digest_of(self.content)

    def going_on_from(self, picture: Picture) -> Order:
        """The same, starting from what has been painted already, of any size."""
        colours = scaling.without_alpha(picture)
        size = (self.content.width, self.content.height)
        return dataclasses.replace(self, initial=scaling.scaled(colours, *size, fine=True))

    def submit(self, client: Client) -> str:
        """Send it; the job's name.

        Raises:
            NeuralStyleError: the daemon refuses it, or does not answer.
        """
        styles = [(self.style, 1.0)]
        return client.submit(self.content, styles, self.settings, initial=self.initial)


def digest_of(picture: Picture) -> str:
    """The same for the same pixels, and for no others."""
    digest = hashlib.sha256(f"{picture.spec} ".encode())
    digest.update(picture.data)
    return digest.hexdigest()
