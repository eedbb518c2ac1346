"""The optional packages for videos, or a sentence with the command that installs them."""

from __future__ import annotations

import importlib
import importlib.util
import shlex
import shutil
import sys
from typing import Any

from neural_style_protocol.errors import PackageMissing

PACKAGES = {"av": "av>=14,<20", "cv2": "opencv-python-headless>=4.10,<6"}
"""What is installed for each module; the same as in the extra ``video``."""


def needed(module: str) -> Any:
    """The optional module of that name, one of :data:`PACKAGES`.

    Raises:
        PackageMissing: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise PackageMissing(
            "A video needs the package {package}, which is not installed.",
            next_step="Run `{command}`.",
            package=PACKAGES[module].partition(">")[0],
            command=f"{_installer()} {' '.join(map(shlex.quote, PACKAGES.values()))}",
        ) from error


def _installer() -> str:
    """The beginning of a command that installs into this environment, which may have no pip."""
    python = shlex.quote(sys.executable)
    if importlib.util.find_spec("pip") is not None:
        return f"{python} -m pip install"
    if shutil.which("uv") is not None:
        return f"uv pip install --python {python}"
    return f"python3 -m pip --python {python} install"
