"""The one folder that the product writes to; NEURAL_STYLE_HOME moves it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from neural_style_protocol.errors import StorageError
from neural_style_protocol.phrases import reason
from neural_style_protocol.private_folder import close_to_others

VARIABLE = "NEURAL_STYLE_HOME"


@dataclass(frozen=True)
class Home:
    """The product's folder: environment, weights, connection file, logs and history."""

    root: Path

    @classmethod
    def find(cls) -> Home:
        """``NEURAL_STYLE_HOME`` if it is set, otherwise this system's usual place.

        XDG variables are ignored: a GIMP from Flatpak has its own, and must find the same daemon.

        Raises:
            StorageError: the user has no home folder, or the variable's folder cannot be resolved.
        """
        moved = os.environ.get(VARIABLE)
        try:
            return cls(Path(moved).expanduser().resolve() if moved else usual_root(Path.home()))
        except (OSError, RuntimeError) as error:
            raise StorageError(
                "The folder of Neural Style cannot be found.",
                next_step="Set {variable} to the full name of a folder of your own.",
                variable=VARIABLE,
            ) from error

    @property
    def weights(self) -> Path:
        return self.root / "weights"

    @property
    def run(self) -> Path:
        """Mode 0700: the connection file and the locks."""
        return self.root / "run"

    @property
    def connection_file(self) -> Path:
        return self.run / "connection.json"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def calibrations(self) -> Path:
        """The measured speed of this machine; measured again if the file is missing."""
        return self.root / "calibration.json"

    @property
    def machine(self) -> Path:
        """What is measured once on each machine; measured again if the file is missing."""
        return self.root / "machine.json"

    @property
    def history(self) -> Path:
        return self.root / "history"

    @property
    def recent_styles(self) -> Path:
        """The style images that were used lately in GIMP."""
        return self.root / "recent-styles.json"

    @property
    def made_by_the_program(self) -> tuple[Path, ...]:
        """The files and folders that daemon and plug-in make, and that go with the program."""
        folders = (self.weights, self.run, self.logs, self.history)
        return (*folders, self.calibrations, self.machine, self.recent_styles)

    def make_private_folder(self, folder: Path) -> Path:
        """Make ``folder`` if it is missing; only its owner can read it.

        Raises:
            StorageError: it cannot be made, or belongs to another user.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if sys.platform != "win32" and folder.stat().st_uid != os.geteuid():
                raise StorageError(
                    "The folder {folder} belongs to another user.",
                    next_step="Remove it, or set {variable} to a folder of your own.",
                    folder=folder,
                    variable=VARIABLE,
                )
            close_to_others(folder)
        except OSError as error:
            raise StorageError(
                "The folder {folder} cannot be made ({reason}).",
                next_step="Check its permissions, or set {variable} to another folder.",
                folder=folder,
                reason=reason(error),
                variable=VARIABLE,
            ) from error
        return folder


def usual_root(
    home: Path, *, system: str = sys.platform, environment: Mapping[str, str] = os.environ
) -> Path:
    """The usual place on ``system`` for a user with the folder ``home``."""
    if system == "darwin":
        return home / "Library" / "Application Support" / "neural-style"
    if system == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local") / "neural-style"
    return home / ".local" / "share" / "neural-style"
