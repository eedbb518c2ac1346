"""ruff, mypy and shellcheck find nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON_FOLDERS = (
    "daemon",
    "shared",
    "gimp_plugin",
    "install",
    "scripts",
    "stubs",
    "tests",
    "benchmarks",
    "docs",
)


def check(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_ruff_finds_nothing() -> None:
    check(sys.executable, "-m", "ruff", "check", "--no-cache", *PYTHON_FOLDERS)


def test_ruff_would_format_nothing_otherwise() -> None:
    check(sys.executable, "-m", "ruff", "format", "--check", "--no-cache", *PYTHON_FOLDERS)


@pytest.mark.slow
def test_mypy_finds_nothing(tmp_path: Path) -> None:
    check(sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_mypy_finds_nothing_for_another_system(system: str, tmp_path: Path) -> None:
    check(sys.executable, "-m", "mypy", "--platform", system, "--cache-dir", str(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("from gi.repository import Gtk\nGtk.Label(label=1)", "incompatible type"),
        ("import arguments\narguments.settings_of('config')", "incompatible type"),
        ("from gi.repository import Gimp\nGimp.Layer.no_such_thing()", "no_such_thing"),
    ],
)
def test_mypy_knows_the_plugin_and_what_it_calls(code: str, complaint: str, tmp_path: Path) -> None:
    mistaken = tmp_path / "mistaken.py"
    mistaken.write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), mistaken]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert complaint in done.stdout


@pytest.mark.slow
def test_mypy_finds_nothing_in_the_installer_and_the_scripts(tmp_path: Path) -> None:
    check(sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path), "install", "scripts")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    scripts = [str(path) for path in ROOT.glob("tests/**/*.sh")]
    check("shellcheck", "install.sh", ".ci/run", *scripts)
