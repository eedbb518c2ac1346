"""The wheel holds the two packages and the plug-in, whole, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from neural_style_protocol import __version__

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "gimp_plugin" / "neural-style"
PACKAGES = (ROOT / "daemon" / "neural_style", ROOT / "shared" / "neural_style_protocol")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", folder, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_its_version_is_the_protocols(wheel: Path) -> None:
    assert wheel.name == f"neural_style_gimp-{__version__}-py3-none-any.whl"


def test_it_holds_every_module_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    sources = {
        path.relative_to(package.parent).as_posix()
        for package in PACKAGES
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    plugin = {
        f"neural_style/plugin/{path.relative_to(PLUGIN).as_posix()}"
        for path in PLUGIN.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert "neural_style/plugin/neural-style.py" in plugin
    assert held == sources | plugin


def test_it_carries_the_command_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name).name for name in archive.namelist()}
        entries = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "neural-style = neural_style.cli:main" in archive.read(entries).decode()
    assert "LICENSE" in names
