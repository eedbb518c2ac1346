"""The paths of an installation."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from neural_style_protocol.paths import VARIABLE, Home

COMMAND = "neural-style"


@dataclass(frozen=True)
class InstallPaths:
    """Every path of one installation; ``moved`` is whether NEURAL_STYLE_HOME sets the home."""

    home: Home
    moved: bool

    @classmethod
    def find(cls) -> InstallPaths:
        """The paths for this process's environment variables."""
        return cls(Home.find(), moved=bool(os.environ.get(VARIABLE)))

    @property
    def root(self) -> Path:
        return self.home.root

    @property
    def environments(self) -> Path:
        """The folder of environments. It has a second one only during an upgrade."""
        return self.root / "environments"

    @property
    def environment(self) -> Path:
        """A link to the environment that is in use."""
        return self.root / "env"

    @property
    def command(self) -> Path:
        """The program inside the environment that is in use."""
        return self.environment / "bin" / COMMAND

    @property
    def launcher(self) -> Path:
        """The command that the user types."""
        folder = self.root / "bin" if self.moved else Path.home() / ".local" / "bin"
        return folder / COMMAND

    @property
    def unit(self) -> Path:
        """The systemd unit of this user, which may not exist."""
        settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        return Path(settings) / "systemd" / "user" / f"{COMMAND}.service"

    @property
    def plugin(self) -> Path:
        """The complete copy of the plug-in, from which each plug-ins folder gets its copy."""
        return self.root / "plug-in" / COMMAND

    @property
    def sample(self) -> Path:
        """The folder of the sample pictures."""
        return self.root / "sample"

    @property
    def manifest(self) -> Path:
        """The record of what was made, for --uninstall."""
        return self.root / "installed.json"

    @property
    def lock(self) -> Path:
        return self.root / "install.lock"

    def inside(self) -> tuple[Path, ...]:
        """Everything in the home folder that the installer and the program make."""
        own = (self.environments, self.environment, self.plugin.parent, self.sample)
        return (*own, *self.home.made_by_the_program)
