"""The environment variables of a process that is not for the caller's own Python."""

from __future__ import annotations

from collections.abc import Mapping

from neural_style_protocol.paths import VARIABLE, Home

# GIMP, Flatpak, conda and virtual environments set these for their own Python, not for ours.
_FOREIGN_VARIABLES = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "GI_TYPELIB_PATH",
    "GTK_PATH",
    "GDK_PIXBUF_MODULE_FILE",
)


def clean_environment(environment: Mapping[str, str], home: Home) -> dict[str, str]:
    """``environment`` without the variables of the caller's own Python, and with ``home``."""
    kept = {name: value for name, value in environment.items() if name not in _FOREIGN_VARIABLES}
    return {**kept, VARIABLE: str(home.root)}
