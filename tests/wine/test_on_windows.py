"""The program on Windows's own Python, by wine: its tests, the set-up, and a picture."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from neural_style.setup.plugin_source import make_copy
from service.standin_worker import Script
from wine.wine_root import GIMP, HOST, REPOSITORY, VARIABLE, WineRoot, find, windows_path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SERVICE = ("test_jobs.py", "test_cancel.py", "test_subscribers.py")
"""Tests of the service with the stand-in worker; others stop processes by signals."""

PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", "-q", "--timeout=90")


LIMIT_SECONDS = 300.0
"""All together get no more time than this. What has none left is skipped, and pytest says so."""


@dataclass
class Windows:
    """A prepared root, and how long programs may still run in it."""

    root: WineRoot
    left: float = LIMIT_SECONDS

    def run(
        self, words: Sequence[str], python: str = HOST, **how: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of Windows by wine."""
        began = time.monotonic()
        try:
            return self.root.run(["wine", python, *words], seconds=max(1.0, self.left), **how)
        except subprocess.TimeoutExpired:
            pytest.skip(f"wine had {LIMIT_SECONDS:.0f} seconds for all, which this machine used up")
        finally:
            self.left -= time.monotonic() - began


@pytest.fixture(scope="module")
def windows() -> Windows:
    """Windows by wine, whose Python imports this checkout."""
    found = find()
    if found is None:
        pytest.skip(f"{VARIABLE} names no root with wine and Windows's Python")
    found.use_tree()
    return Windows(found)


def test_the_setup_and_a_picture_that_torch_paints(windows: Windows, tmp_path: Path) -> None:
    """In a folder whose name is not ASCII."""
    user = tmp_path / "Zoë Müller"
    home, plugins = user / "neural style", user / "GIMP" / "3.0" / "plug-ins"
    user.mkdir()
    variables = {"NEURAL_STYLE_HOME": windows_path(home)}
    command = ("-m", "neural_style", "setup")
    options = ("--plugin-into", windows_path(plugins), "--sample-size", "128")
    done = windows.run([*command, *options], folders=[tmp_path], variables=variables)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "Filters > Neural Style…" in done.stdout
    with Image.open(home / "sample" / "stylised.png") as picture:
        assert max(picture.size) == 128
        assert len(picture.convert("RGB").getcolors(picture.width * picture.height)) > 1000
    record = json.loads((plugins / "neural-style" / "install.json").read_text(encoding="utf-8"))
    assert record["home"] == windows_path(home)
    assert record["command"][0].endswith("neural-style.exe")
    vendor = windows_path(plugins / "neural-style" / "vendor")
    code = (
        f"import sys; sys.path.insert(0, {vendor!r})\n"
        "import msgpack, neural_style_protocol.settings\n"
        "print(msgpack.unpackb(msgpack.packb({'from': 'GIMP'})))"
    )
    stand_in = windows.root.run(["wine", GIMP, "-c", code], folders=[tmp_path])
    assert "{'from': 'GIMP'}" in stand_in.stdout


def test_a_bare_python_paints_through_the_bridge(windows: Windows, tmp_path: Path) -> None:
    """As in GIMP: it has the plug-in's packages, and the daemon has a Python of its own."""
    home, plugin = tmp_path / "home", tmp_path / "plugin"
    home.mkdir()
    make_copy(plugin, home, Path(HOST), "win32")
    Script(endless=True, seconds_per_step=0.01).write(home)
    program = REPOSITORY / "tests" / "wine" / "gimp_stand_in.py"
    daemon = REPOSITORY / "tests" / "service" / "standin_daemon.py"
    words = [*map(windows_path, (program, plugin / "vendor", home, Path(HOST), daemon))]
    done = windows.run(words, python=GIMP, folders=[tmp_path])
    assert done.returncode == 0, done.stdout[-4000:]
    _, _, seen = done.stdout.partition("seen ")
    assert json.loads(seen) == {
        "zeromq": False,
        "packer": "msgpack.fallback",
        "preview": "ffffff",
        "goes_on": True,
        "another_bridge": True,
        "result": [255],
    }


def test_the_protocol(windows: Windows) -> None:
    done = windows.run([*PYTEST, "tests/protocol"])
    assert done.returncode == 0, done.stdout[-4000:]


def test_the_service_with_a_worker_on_a_port(windows: Windows) -> None:
    done = windows.run([*PYTEST, *(f"tests/service/{name}" for name in SERVICE)])
    assert done.returncode == 0, done.stdout[-4000:]
