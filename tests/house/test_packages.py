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


def test_what_is_installed_from_it_can_set_up_the_plugin(wheel: Path, tmp_path: Path) -> None:
    """With nothing of the checkout on the path."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from neural_style.setup import plugin_source\n"
        "assert plugin_source._source() == Path(sys.argv[1]) / 'neural_style' / 'plugin'\n"
        "plugin_source.make_copy(Path(sys.argv[2]), Path('/home'), Path('/bin/neural-style'))\n"
    )
    made = tmp_path / "neural-style"
    command = [sys.executable, "-c", code, tmp_path / "installed", made]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (made / "neural-style.py").is_file()
    assert (made / "vendor" / "neural_style_protocol" / "client.py").is_file()
