"""The systemd unit is written, started and removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from install import service
from install.console import InstallError
from install.install_paths import InstallPaths
from install.manifest import Manifest, uninstall
from neural_style_protocol.paths import Home
from programs import script


class Systemd:
    """A systemctl that records its arguments."""

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
def paths(tmp_path: Path) -> InstallPaths:
    """The paths of a home whose program prints a unit."""
    made = InstallPaths(Home(tmp_path / "home"), moved=True)
    python = made.environment / "bin" / "python"
    script(python, "echo '[Service]'", f"echo 'ExecStart={python} -m neural_style serve'")
    return made


def test_it_is_written_enabled_and_started(paths: InstallPaths, systemd: Systemd) -> None:
    manifest = service.make(paths, Manifest())
    assert "ExecStart" in paths.unit.read_text()
    assert paths.unit.parts[-4:] == (".config", "systemd", "user", "neural-style.service")
    assert manifest.launchers == (str(paths.unit),)
    assert systemd.asked() == [
        "--user daemon-reload",
        "--user enable neural-style",
        "--user restart neural-style",
    ]
    assert service.is_installed(paths)
    assert service.make(paths, manifest) == manifest


@pytest.mark.usefixtures("systemd")
def test_the_unit_of_another_program_is_not_changed(paths: InstallPaths) -> None:
    paths.unit.parent.mkdir(parents=True)
    paths.unit.write_text("[Service]\nExecStart=/usr/bin/other\n")
    assert service.make(paths, Manifest()) == Manifest()
    assert "other" in paths.unit.read_text()
    assert not service.is_installed(paths)


def test_without_systemd_the_unit_is_written_and_the_next_step_shown(
    paths: InstallPaths, systemd: Systemd, capsys: pytest.CaptureFixture[str]
) -> None:
    systemd.answers(1)
    manifest = service.make(paths, Manifest())
    assert paths.unit.exists()
    assert manifest.launchers
    assert "systemctl --user enable --now neural-style" in capsys.readouterr().out


@pytest.mark.usefixtures("systemd")
def test_a_program_that_prints_no_unit_is_an_error(paths: InstallPaths) -> None:
    script(paths.environment / "bin" / "python", "echo 'no such command' >&2", "exit 1")
    with pytest.raises(InstallError, match="no such command"):
        service.make(paths, Manifest())
    assert not paths.unit.exists()


def test_removal_stops_and_removes_the_service(paths: InstallPaths, systemd: Systemd) -> None:
    paths.root.mkdir(exist_ok=True)
    service.make(paths, Manifest()).write(paths.manifest)
    service.stop(paths)
    assert systemd.asked()[-1] == "--user disable --now neural-style"
    uninstall(paths)
    assert not paths.unit.parent.parent.exists()


def test_a_missing_service_is_not_stopped(paths: InstallPaths, systemd: Systemd) -> None:
    service.stop(paths)
    assert systemd.asked() == []
