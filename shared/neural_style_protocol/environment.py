"""The environment variables of a process that is not for the caller's own Python."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from neural_style_protocol.paths import VARIABLE, Home

# GIMP, Flatpak, conda and virtual environments set these for their own Python, not for ours.
_FOREIGN_VARIABLES = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "__PYVENV_LAUNCHER__",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DYLD_LIBRARY_PATH",
    "DYLD_FRAMEWORK_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "DYLD_INSERT_LIBRARIES",
    "GI_TYPELIB_PATH",
    "GTK_PATH",
    "GDK_PIXBUF_MODULE_FILE",
)

_GIMP_BUNDLE_VARIABLES = ("SSL_CERT_FILE", "XDG_DATA_DIRS")
"""GIMP's packages for Windows and macOS set these to their own files; elsewhere they are the
user's."""


def clean_environment(
    environment: Mapping[str, str], home: Home, *, system: str = sys.platform
) -> dict[str, str]:
    """``environment`` without the variables of the caller's own Python, and with ``home``.

    On Windows the search path loses GIMP's own folder of libraries, which would be loaded in place
    of the daemon's.
    """
    foreign = set(_FOREIGN_VARIABLES)
    if system in ("win32", "darwin"):
        foreign.update(_GIMP_BUNDLE_VARIABLES)
    kept = {name: value for name, value in environment.items() if name not in foreign}
    if system == "win32":
        names = (name for name in kept if name.upper() == "PATH")
        kept |= {name: _without_gimp(kept[name]) for name in names}
        kept["PYTHONUTF8"] = "1"  # for the logs, which may have file names in any script
    return {**kept, VARIABLE: str(home.root)}


def _without_gimp(search_path: str) -> str:
    """A search path of Windows without the folders that have GIMP's libraries."""
    folders = search_path.split(";")
    return ";".join(f for f in folders if not (f and any(Path(f).glob("libgimp-*.dll"))))
