"""How a layer was painted: stored in the layer, and saved with the image."""

from __future__ import annotations

import json
from dataclasses import dataclass

from gi.repository import Gimp

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
    """The style image's URI (empty if it was a layer), the settings, and the original if known."""

    style: str
    settings: Settings
    original: Original | None = None

    def attach_to(self, layer: Gimp.Layer) -> None:
        """Store this in ``layer``. Before the layer is in an image, this makes no undo step."""
        words = {"style": self.style, "settings": self.settings.to_dict()}
        if self.original is not None:
            words["original"] = vars(self.original)
        text = json.dumps(words)
        layer.attach_parasite(Gimp.Parasite.new(PARASITE, Gimp.PARASITE_PERSISTENT, text.encode()))


def read_from(layer: Gimp.Layer) -> LayerRecord | None:
    """The record of ``layer``; None if the layer has none or it is damaged."""
    parasite = layer.get_parasite(PARASITE)
    if parasite is None:
        return None
    try:
        record = json.loads(bytes(parasite.get_data()).decode())
        original = record.get("original")
        return LayerRecord(
            str(record["style"]),
            Settings.from_dict(record["settings"]),
            Original(**original) if original else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError, NeuralStyleError):
        return None
