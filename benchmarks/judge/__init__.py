"""How good a stylised picture is, measured by a network that no program here optimises.

``judge(picture, content, style)`` gives the :class:`Measures` of one picture.
"""

from __future__ import annotations

from .judging import Measures, judge, thumbnail
from .network import STAGES, Features, Network, load_network

__all__ = ["STAGES", "Features", "Measures", "Network", "judge", "load_network", "thumbnail"]
