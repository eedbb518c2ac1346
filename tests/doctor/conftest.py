"""An installation in which all is well, for tests to break."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from neural_style import gimps, weights
from neural_style.doctor import Finding, examine
from neural_style_protocol.paths import Home
from programs import script


@dataclass(frozen=True)
class Patient:
    """A user's folder with a home, a GIMP 3.0 that answers, and the plug-in in it."""

    folder: Path

    @property
    def home(self) -> Home:
        return Home(self.folder / "home")

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def config(self) -> Path:
        return self.folder / ".config" / "GIMP" / "3.0"

    @property
    def plugin(self) -> Path:
        return self.config / "plug-ins" / "neural-style"

    def make_program(self, name: str, lines: str) -> Path:
        """A program on the search path."""
        return script(self.bin / name, lines)

    def make_gimp(self, *, loads_the_plugin: bool = True, version: str = "3.0.4") -> None:
        """A GIMP that answers as GIMP does, in less than its two seconds."""
        self.make_program(
            "gimp-console",
            f'case "$1" in --version) echo GNU Image Manipulation Program version {version};;'
            f" *) echo procedure {loads_the_plugin};; esac",
        )

    def make_plugin(self, folder: Path) -> None:
        """A copy of the plug-in that has everything beside it."""
        for package in ("msgpack", "neural_style_protocol"):
            (folder / "vendor" / package).mkdir(parents=True)
        (folder / "neural-style.py").write_text("#!/usr/bin/python3\n")
        (folder / "neural-style.py").chmod(0o755)
        command = self.bin / "neural-style"
        record = {"home": str(self.home.root), "command": [str(command)]}
        (folder / "install.json").write_text(json.dumps(record))


@pytest.fixture(scope="session")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real weights, fetched once."""
    return weights.fetch(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def patient(tmp_path: Path, weights_file: Path, monkeypatch: pytest.MonkeyPatch) -> Patient:
    """Everything is well."""
    patient = Patient(tmp_path)
    patient.home.weights.mkdir(parents=True)
    (patient.home.weights / weights_file.name).symlink_to(weights_file)
    patient.home.make_private_folder(patient.home.run)
    patient.make_plugin(patient.plugin)
    patient.make_plugin(patient.home.root / "plug-in" / "neural-style")
    patient.make_gimp()
    patient.make_program("neural-style", f'exec {sys.executable} -I -m neural_style "$@"')
    system_python = patient.make_program("system-python", "echo yes")
    monkeypatch.setattr(gimps, "SYSTEM_PYTHON", system_python)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{patient.bin}:/usr/bin:/bin:/usr/sbin:/sbin")
    monkeypatch.setenv("NEURAL_STYLE_HOME", str(patient.home.root))
    for name in ("XDG_CONFIG_HOME", "GIMP3_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    return patient


@pytest.fixture
def complaints(patient: Patient) -> Callable[[], list[Finding]]:
    """What the doctor finds that is not well."""
    return lambda: [finding for finding in examine(patient.home) if finding.level != "ok"]
