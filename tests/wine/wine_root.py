"""Run programs of Windows by wine, in a root that make-root.sh made and prepare.py filled."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
IN_ROOT = REPOSITORY / "tests" / "gimp" / "in-root.sh"
VARIABLE = "NEURAL_STYLE_WINE_ROOT"
STAMP = "windows/.prepared"

HOST, GIMP = "/windows/host/cp313/python.exe", "/windows/gimp/cp313/python.exe"
"""The Python that has everything, and a bare one that stands in for GIMP's."""

VARIABLES = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/windows/home",
    "WINEPREFIX": "/windows/prefix",
    "WINEDEBUG": "-all",
    "WINEDLLOVERRIDES": "mscoree,mshtml,winedbg.exe,explorer.exe=",
    "LC_ALL": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    "OMP_NUM_THREADS": "1",
    "KMP_AFFINITY": "disabled",  # wine lacks what OpenMP asks of processors
}


@dataclass(frozen=True)
class WineRoot:
    """A root that holds wine and two Pythons for Windows."""

    path: Path

    def run(
        self,
        words: Sequence[str],
        *,
        folders: Sequence[Path] = (),
        variables: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the root, with ``folders`` at the same paths, to its end.

        It runs in a space of its own for processes, so that nothing that it started stays behind.
        """
        binds = [word for folder in (REPOSITORY, *folders) for word in ("-b", str(folder))]
        settings = [f"{name}={value}" for name, value in {**VARIABLES, **(variables or {})}.items()]
        inside = ["env", "-i", "-C", str(REPOSITORY), *settings]
        own_processes = ["unshare", "--pid", "--fork", "--kill-child"]
        return subprocess.run(
            [*own_processes, str(IN_ROOT), str(self.path), *binds, *inside, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )

    def use_tree(self) -> None:
        """Let the host's Python import this checkout, whatever its environment says."""
        site = self.path / "windows" / "host" / "cp313" / "Lib" / "site-packages"
        folders = (windows_path(REPOSITORY / name) for name in ("daemon", "shared"))
        (site / "neural_style_tree.pth").write_text("\n".join(folders), encoding="utf-8")


def windows_path(path: Path) -> str:
    """The name of a file of Linux for a program of Windows: wine has all of them as drive Z."""
    return "Z:" + str(path).replace("/", "\\")


def find() -> WineRoot | None:
    """The prepared root that the variable names; None if there is none."""
    named = os.environ.get(VARIABLE)
    return WineRoot(Path(named)) if named and (Path(named) / STAMP).is_file() else None
