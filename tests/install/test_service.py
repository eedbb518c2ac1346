"""The systemd unit: written, started, and taken away again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from install import service
from install.console import InstallError
from install.manifest import Manifest, uninstall
from install.places import Places
from neural_style_protocol.paths import Home


def script(path: Path, *lines: str) -> None:
    """A program that the tests put in the place of a real one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)


class Systemd:
    """A systemctl that writes down what it is asked."""

    def __init__(self, folder: Path) -> None:
        self._asked = folder / "asked"
        self._program = folder / "bin" / "systemctl"
        self.answers(0)

    def answers(self, status: int) -> None:
        script(self._program, f'echo "$*" >> {self._asked}', f"exit {status}")

    def asked(self) -> list[str]:
        return self._asked.read_text().splitlines() if self._asked.exists() else []


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return Systemd(tmp_path)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A home whose program prints a unit."""
    made = Places(Home(tmp_path / "home"), moved=True)
    python = made.environment / "bin" / "python"
    script(python, "echo '[Service]'", f"echo 'ExecStart={python} -m neural_style serve'")
    return made


def test_it_is_written_enabled_and_started(places: Places, systemd: Systemd) -> None:
    manifest = service.make(places, Manifest())
    assert "ExecStart" in places.unit.read_text()
    assert places.unit.parts[-4:] == (".config", "systemd", "user", "neural-style.service")
    assert manifest.launchers == (str(places.unit),)
    assert systemd.asked() == [
        "--user daemon-reload",
        "--user enable neural-style",
        "--user restart neural-style",
    ]
    assert service.is_there(places)
    assert service.make(places, manifest) == manifest


@pytest.mark.usefixtures("systemd")
def test_the_unit_of_another_program_is_not_changed(places: Places) -> None:
    places.unit.parent.mkdir(parents=True)
    places.unit.write_text("[Service]\nExecStart=/usr/bin/other\n")
    assert service.make(places, Manifest()) == Manifest()
    assert "other" in places.unit.read_text()
    assert not service.is_there(places)


def test_without_systemd_the_unit_is_written_and_the_next_step_shown(
    places: Places, systemd: Systemd, capsys: pytest.CaptureFixture[str]
) -> None:
    systemd.answers(1)
    manifest = service.make(places, Manifest())
    assert places.unit.exists()
    assert manifest.launchers
    assert "systemctl --user enable --now neural-style" in capsys.readouterr().out


@pytest.mark.usefixtures("systemd")
def test_a_program_that_prints_no_unit_is_an_error(places: Places) -> None:
    script(places.environment / "bin" / "python", "echo 'no such command' >&2", "exit 1")
    with pytest.raises(InstallError, match="no such command"):
        service.make(places, Manifest())
    assert not places.unit.exists()


def test_removal_stops_the_service_and_leaves_nothing(places: Places, systemd: Systemd) -> None:
    places.root.mkdir(exist_ok=True)
    service.make(places, Manifest()).write(places.manifest)
    service.stop(places)
    assert systemd.asked()[-1] == "--user disable --now neural-style"
    uninstall(places)
    assert not places.unit.parent.parent.exists()


def test_a_missing_service_is_not_stopped(places: Places, systemd: Systemd) -> None:
    service.stop(places)
    assert systemd.asked() == []
