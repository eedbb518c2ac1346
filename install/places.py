"""Where the installation puts what it makes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from neural_style_protocol.paths import VARIABLE, Home

COMMAND = "neural-style"


@dataclass(frozen=True)
class Places:
    """Every path of one installation; ``moved`` is whether NEURAL_STYLE_HOME chose the home."""

    home: Home
    moved: bool

    @classmethod
    def find(cls) -> Places:
        """The places that this process's environment asks for."""
        return cls(Home.find(), moved=bool(os.environ.get(VARIABLE)))

    @property
    def root(self) -> Path:
        return self.home.root

    @property
    def environments(self) -> Path:
        """One folder for each environment made; at rest there is one."""
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
        """The command that a person types."""
        folder = self.root / "bin" if self.moved else Path.home() / ".local" / "bin"
        return folder / COMMAND

    @property
    def unit(self) -> Path:
        """The systemd unit of this user, where there is one."""
        settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        return Path(settings) / "systemd" / "user" / f"{COMMAND}.service"

    @property
    def plugin(self) -> Path:
        """The ready copy of the plug-in, to be copied into a plug-ins folder."""
        return self.root / "plug-in" / COMMAND

    @property
    def sample(self) -> Path:
        """The pictures that proved that it works."""
        return self.root / "sample"

    @property
    def manifest(self) -> Path:
        """What was made, for --uninstall."""
        return self.root / "installed.json"

    @property
    def lock(self) -> Path:
        return self.root / "install.lock"

    def inside(self) -> tuple[Path, ...]:
        """Everything in the home folder that the installation and the product make."""
        own = (self.environments, self.environment, self.plugin.parent, self.sample)
        return (*own, self.home.weights, self.home.run, self.home.logs, self.home.history)
