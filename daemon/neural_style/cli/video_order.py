"""What a video is painted from, and its fingerprint: a run goes on only with the same order."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import click

from neural_style.cli.options import check_once_for_each, check_styles
from neural_style.cli.typed_paths import Output
from neural_style.video import clips
from neural_style.video.sources import Source, hash_of
from neural_style_protocol.client import Client
from neural_style_protocol.client_messages import ARITHMETIC
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.settings import Settings


@dataclass(frozen=True)
class Order:
    """What to paint, and how.

    Raises:
        click.UsageError: the styles are too many, or the weights do not fit them.
    """

    source: Source
    output: Output
    styles: tuple[Path, ...]
    weights: tuple[float, ...]
    settings: Settings
    coherence: float

    def __post_init__(self) -> None:
        check_styles(self.styles)
        check_once_for_each("--style-weight", self.weights, self.styles)
        if any(not 0 < weight <= 1e6 for weight in self.weights):
            raise click.UsageError("A style's weight is a number above 0.")

    @property
    def is_folder(self) -> bool:
        """Whether the output is a folder of single pictures."""
        return is_folder(self.output)


def is_folder(output: Output) -> bool:
    """Whether single pictures are written, and no clip."""
    return output.is_folder or output.path.suffix.lower() not in clips.ENCODERS


def work_place(order: Order) -> Path:
    """The folder of the painted frames: the output itself, or one beside the clip."""
    path = order.output.path
    return path if order.is_folder else path.with_name(f"{path.name}.frames")


def fingerprint(order: Order) -> str:
    """What changes when a frame would be painted differently."""
    parts = {
        "source": order.source.fingerprint(),
        "styles": [hash_of(path) for path in order.styles],
        "weights": order.weights,
        "settings": order.settings.to_dict(),
        "coherence": order.coherence,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def chosen_arithmetic(client: Client, order: Order) -> str:
    """The arithmetic in which the daemon paints best: all frames are painted in the same one.

    It is empty if the daemon cannot tell, or cannot be told.
    """
    if ARITHMETIC in client.daemon.features:
        width, height = next(iter(order.source.sizes), (512, 512))
        with contextlib.suppress(NeuralStyleError):
            return client.estimate(order.settings, width, height).arithmetic
    return ""
