"""Optical flow between two frames, and pictures moved along it: OpenCV's DIS.

Kroeger et al., *Fast Optical Flow using Dense Inverse Search*, ECCV 2016.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from neural_style_protocol.optional_packages import needed

Plane: TypeAlias = NDArray[np.float32]
Grey: TypeAlias = NDArray[np.uint8]

SMALLEST_SIDE = 32
"""Smaller pictures are enlarged for the search, which has patches of 8 pixels at several sizes."""


def flow(frame: Grey, other: Grey) -> Plane:
    """Where each pixel of ``frame`` is found in ``other``: (h, w, 2), as (dx, dy) in pixels.

    The same for any number of processor cores.

    Args:
        frame, other: (h, w), of one size.

    Raises:
        PackageMissing: OpenCV is not installed.
    """
    cv2 = needed("cv2")
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # the search begins anew at each thread's part of the picture
    try:
        height, width = frame.shape
        scale = max(1, -(-SMALLEST_SIDE // min(height, width)))
        large = (width * scale, height * scale)
        found = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(
            *(cv2.resize(each, large, interpolation=cv2.INTER_CUBIC) for each in (frame, other)),
            None,
        )
        shrunk = cv2.resize(found, (width, height), interpolation=cv2.INTER_AREA) / scale
    finally:
        cv2.setNumThreads(threads)
    return np.asarray(shrunk, np.float32)


def moved(picture: Plane, along: Plane) -> Plane:
    """``picture``, (h, w) or (h, w, c), seen at each pixel's place in it.

    Args:
        along: from :func:`flow`, (h, w, 2); beyond the edges, the nearest pixel is seen.
    """
    cv2 = needed("cv2")
    height, width = along.shape[:2]
    columns, rows = np.meshgrid(
        np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    )
    seen = cv2.remap(
        picture,
        columns + along[..., 0],
        rows + along[..., 1],
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(seen, np.float32)


def resized(grey: Grey, width: int, height: int) -> Grey:
    """``grey``, (h, w), at another size."""
    if grey.shape == (height, width):
        return grey
    cv2 = needed("cv2")
    smaller = width * height < grey.size
    method = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, (width, height), interpolation=method), np.uint8)
