"""The optional packages for videos, or a sentence with the command that installs them."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from neural_style_protocol.errors import InputError

PACKAGES = {"av": "av>=14,<20", "cv2": "opencv-python-headless>=4.10,<6"}
"""What is installed for each module; the same as in the extra ``video``."""


def needed(module: str) -> Any:
    """The optional module of that name, one of :data:`PACKAGES`.

    Raises:
        InputError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            "A video needs the package {package}, which is not installed.",
            next_step="Run `{command}`.",
            package=PACKAGES[module].partition(">")[0],
            command=f'{sys.executable} -m pip install "{PACKAGES["av"]}" "{PACKAGES["cv2"]}"',
        ) from error
