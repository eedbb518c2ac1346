"""VGG-19's convolutions on disk: fetched once, converted once, checked by hash, mapped at start.

Two sets share one format (see :mod:`neural_style.weights.convert`) and one topology:

``quantised``
    Simonyan & Zisserman's original filters, each layer quantised to 256 values; the default,
    because its source weighs 18 MB and comes from the package index.
``torchvision``
    torchvision's retrained ``IMAGENET1K_V1`` in full precision, 548 MB to download.

This package does no torch at import; only a conversion loads it.
"""

from __future__ import annotations

from neural_style.weights.store import NAMES, ensure, fetch, is_present, path_of, verify

__all__ = ["NAMES", "ensure", "fetch", "is_present", "path_of", "verify"]
