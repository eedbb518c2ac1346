"""What a painted layer was made with, kept in the layer itself and saved with the image."""

from __future__ import annotations

import json
from dataclasses import dataclass

from gi.repository import Gimp

from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.settings import Settings

PARASITE = "neural-style"


@dataclass(frozen=True)
class LayerRecord:
    """The style image's URI, empty if it was a layer, and the settings."""

    style: str
    settings: Settings

    def attach_to(self, layer: Gimp.Layer) -> None:
        """Keep this in ``layer``, which is best done before it is in an image: no undo step."""
        text = json.dumps({"style": self.style, "settings": self.settings.to_dict()})
        layer.attach_parasite(Gimp.Parasite.new(PARASITE, Gimp.PARASITE_PERSISTENT, text.encode()))


def read_from(layer: Gimp.Layer) -> LayerRecord | None:
    """What ``layer`` was made with; None if it is no painted layer, or its record is damaged."""
    parasite = layer.get_parasite(PARASITE)
    if parasite is None:
        return None
    try:
        record = json.loads(bytes(parasite.get_data()).decode())
        return LayerRecord(str(record["style"]), Settings.from_dict(record["settings"]))
    except (ValueError, KeyError, TypeError, NeuralStyleError):
        return None
