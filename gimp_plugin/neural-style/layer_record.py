"""The style image and settings of a painted layer, stored in the layer and saved with the image."""

from __future__ import annotations

import json
from dataclasses import dataclass

from gi.repository import Gimp

from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.settings import Settings

PARASITE = "neural-style"


@dataclass(frozen=True)
class LayerRecord:
    """The style image's URI (empty if it was a layer), and the settings."""

    style: str
    settings: Settings

    def attach_to(self, layer: Gimp.Layer) -> None:
        """Store this in ``layer``. Before the layer is in an image, this makes no undo step."""
        text = json.dumps({"style": self.style, "settings": self.settings.to_dict()})
        layer.attach_parasite(Gimp.Parasite.new(PARASITE, Gimp.PARASITE_PERSISTENT, text.encode()))


def read_from(layer: Gimp.Layer) -> LayerRecord | None:
    """The record of ``layer``; None if the layer has none or it is damaged."""
    parasite = layer.get_parasite(PARASITE)
    if parasite is None:
        return None
    try:
        record = json.loads(bytes(parasite.get_data()).decode())
        return LayerRecord(str(record["style"]), Settings.from_dict(record["settings"]))
    except (ValueError, KeyError, TypeError, NeuralStyleError):
        return None
