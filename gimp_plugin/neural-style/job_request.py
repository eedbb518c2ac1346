"""A request to the daemon to paint a picture."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass

import scaling
from neural_style_protocol.client import Client
from neural_style_protocol.pixels import Picture
from neural_style_protocol.sequence import Frame
from neural_style_protocol.settings import Settings


@dataclass(frozen=True)
class JobRequest:
    """One picture to paint; ``initial`` is the picture to go on from, of any size.

    ``styles`` are style images with their weights. ``title`` is the name of the image, for the
    queue. A preview does not wait in it. A frame of an animation ``follows`` the job of the frame
    before it, if there is one.
    """

    content: Picture
    styles: tuple[tuple[Picture, float], ...]
    settings: Settings
    initial: Picture | None = None
    title: str = ""
    is_preview: bool = False
    is_frame: bool = False
    follows: str = ""

    @property
    def digest(self) -> str:
        """A hash that identifies the content image."""
        return digest_of(self.content)

    def continued_from(self, picture: Picture) -> JobRequest:
        """The same request, going on from a painted ``picture`` of any size."""
        initial = scaling.without_alpha(picture)
        return dataclasses.replace(self, initial=initial, is_frame=False)

    def after(self, job: str) -> JobRequest:
        """The same request, as the frame after that of ``job``; unchanged if it is no frame."""
        return dataclasses.replace(self, follows=job) if self.is_frame else self

    def submit(self, client: Client) -> str:
        """Send the request; returns the job's name.

        Raises:
            NeuralStyleError: the daemon refuses it, or does not answer.
        """
        return client.submit(
            *(self.content, self.styles, self.settings),
            initial=self.initial,
            preview=self.is_preview,
            title=self.title,
            frame=Frame(self.follows) if self.is_frame else None,
        )


def digest_of(picture: Picture) -> str:
    """A hash of the size and the pixels of ``picture``."""
    digest = hashlib.sha256(f"{picture.spec} ".encode())
    digest.update(picture.data)
    return digest.hexdigest()
