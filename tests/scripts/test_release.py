"""Each file that ./install.sh --release makes is complete, installs, and runs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from gimp.gimp_root import SUITES, GimpRoot, find
from neural_style_protocol import __version__

ROOT = Path(__file__).parents[2]
PROCEDURE = "plug-in-neural-style"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(*words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command that must succeed."""
    environment = {**os.environ, **variables}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release."""
    folder = tmp_path_factory.mktemp("release") / "of it"
    run(ROOT / "install.sh", "--release", folder)
    return folder


@pytest.fixture(scope="module")
def wheel(release: Path) -> Path:
    (wheel,) = release.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def plugin_zip(release: Path) -> Path:
    (plugin,) = release.glob("neural-style-plug-in-*.zip")
    return plugin


def test_every_file_has_its_checksum(release: Path) -> None:
    lines = (release / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = {file.name: file for file in release.iterdir() if file.name != "SHA256SUMS"}
    assert {Path(name).suffix for name in files} == {".whl", ".gz", ".zip"}
    assert sums == {n: hashlib.sha256(f.read_bytes()).hexdigest() for n, f in files.items()}
    assert all(__version__ in name for name in files)


def test_the_zip_is_one_folder_with_the_whole_plugin(plugin_zip: Path) -> None:
    with zipfile.ZipFile(plugin_zip) as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
        record = json.loads(archive.read("neural-style/install.json"))
        read_me = archive.read("neural-style/READ-ME.txt").decode()
    assert {name.split("/")[0] for name in modes} == {"neural-style"}
    wanted = ("LICENSE", "icon.png", "vendor/msgpack/__init__.py", "vendor/msgpack/fallback.py")
    wanted += ("vendor/neural_style_protocol/client.py", "locale/fr/LC_MESSAGES/neural-style.mo")
    assert {f"neural-style/{name}" for name in wanted} <= modes.keys()
    assert modes["neural-style/neural-style.py"] & 0o111 == 0o111
    assert not any("__pycache__" in name for name in modes)
    assert not any(name.endswith((".so", ".pyd", ".dll")) or "/zmq/" in name for name in modes)
    assert record == {"home": "", "command": ["~/.local/bin/neural-style"]}
    assert record["command"][0] in read_me


@pytest.fixture(params=SUITES)
def gimp(request: pytest.FixtureRequest) -> GimpRoot:
    root = find(request.param)
    if root is None or os.geteuid() != 0:
        pytest.skip(f"GIMP {request.param} is not here: run ./install.sh --test")
    return root


@pytest.mark.gimp
def test_gimp_registers_what_was_unzipped(gimp: GimpRoot, plugin_zip: Path, tmp_path: Path) -> None:
    plugins = tmp_path / "plug-ins"
    plugins.mkdir()
    run("unzip", "-q", plugin_zip, "-d", plugins)
    script = f"print('there', Gimp.get_pdb().lookup_procedure('{PROCEDURE}').get_menu_label())"
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "GIMP3_DIRECTORY": str(tmp_path)}
    batch = ("-idf", "--quit", "--batch-interpreter=python-fu-eval", "-b", script)
    done = run(*gimp.command([tmp_path], variables), "gimp-console", *batch)
    assert "there _Neural Style..." in done.stdout


def test_the_sdist_builds_the_same_wheel(release: Path, wheel: Path, tmp_path: Path) -> None:
    (sdist,) = release.glob("*.tar.gz")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", tmp_path, sdist)
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(tmp_path / wheel.name) as other:
        assert {i.filename: i.CRC for i in one.infolist()} == {
            i.filename: i.CRC for i in other.infolist()
        }


def test_the_sdist_contains_the_installer_and_the_readmes_links(release: Path) -> None:
    (sdist,) = release.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        modes = {info.name.partition("/")[2]: info.mode for info in archive.getmembers()}
    assert modes["install.sh"] & 0o100
    wanted = (
        "install/cli.py",
        "scripts/testing.py",
        "gimp_plugin/neural-style/dialog.py",
        "docs/guide.md",
        "LICENSE",
    )
    assert set(wanted) | {"ARCHITECTURE.md", "CONTRIBUTING.md"} <= modes.keys()
    assert not any("vendor" in name or "__pycache__" in name for name in modes)


def test_the_wheel_installs_and_paints(wheel: Path, tmp_path: Path) -> None:
    """The wheel gets its own environment; its dependencies come from the tests' environment."""
    venv.create(tmp_path / "environment")
    python = tmp_path / "environment" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", wheel)
    own = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout[:-1]
    )
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    Image.radial_gradient("L").resize((64, 48)).convert("RGB").save(tmp_path / "content.png")
    Image.linear_gradient("L").resize((64, 64)).convert("RGB").save(tmp_path / "style.png")
    home = {"NEURAL_STYLE_HOME": str(tmp_path / "home"), "PYTHONPATH": ""}
    command = python.with_name("neural-style")
    assert __version__ in run(command, "--version", **home).stdout
    where = run(python, "-c", "import neural_style; print(neural_style.__file__)", **home).stdout
    assert where.startswith(str(own))
    try:
        pictures = (tmp_path / "content.png", tmp_path / "style.png", "-o", tmp_path / "out.png")
        run(command, "stylize", *pictures, "--preset", "draft", "--size", "64", **home)
    finally:
        run(command, "stop", **home)
    with Image.open(tmp_path / "out.png") as painted:
        assert painted.size == (64, 48)
