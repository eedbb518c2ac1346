"""How a layer was painted: stored in the layer, and saved with the image."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gi.repository import Gimp

import style_mix
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.settings import Settings

PARASITE = "neural-style"


@dataclass(frozen=True)
class Original:
    """The layer that was painted, and the part of it, in its own pixels.

    ``tattoo`` is GIMP's number for a layer, which is saved with the image; a copy of the image has
    others.
    """

    tattoo: int
    name: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class LayerRecord:
    """The style image's URI (empty if it was a layer), the settings, and the original if known.

    ``mix`` is what was mixed with it, as the procedure's argument has it.
    """

    style: str
    settings: Settings
    original: Original | None = None
    mix: str = ""

    @property
    def words(self) -> dict[str, object]:
        """The record as :func:`from_words` reads it."""
        return {
            "style": self.style,
            "settings": self.settings.to_dict(),
            "mix": self.mix,
            "original": vars(self.original) if self.original is not None else None,
        }

    def attach_to(self, layer: Gimp.Layer) -> None:
        """Store this in ``layer``. Before the layer is in an image, this makes no undo step."""
        data = json.dumps(self.words).encode()
        layer.attach_parasite(Gimp.Parasite.new(PARASITE, Gimp.PARASITE_PERSISTENT, data))


def read_from(layer: Gimp.Layer) -> LayerRecord | None:
    """The record of ``layer``; None if the layer has none or it is damaged."""
    parasite = layer.get_parasite(PARASITE)
    if parasite is None:
        return None
    try:
        return from_words(json.loads(bytes(parasite.get_data()).decode()))
    except ValueError:
        return None


def from_words(words: Any) -> LayerRecord | None:
    """The record that ``words`` describe; None if they are damaged."""
    try:
        original = words.get("original")
        return LayerRecord(
            str(words["style"]),
            Settings.from_dict(words["settings"]),
            Original(**original) if original else None,
            style_mix.read(words.get("mix")).text,
        )
    except (KeyError, TypeError, AttributeError, NeuralStyleError):
        return None
