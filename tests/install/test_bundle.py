"""A bundle is accepted only on the kind of machine that it was made for."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from install import bundle
from install.console import InstallError
from programs import script

ROOT = Path(__file__).parents[2]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The parts of a bundle that are checked before anything is installed."""
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "made-for").write_text("3.9 pdp11\n")
    return tmp_path


def test_a_bundle_for_another_machine_is_refused(small: Path) -> None:
    assert bundle.is_bundle(small)
    with pytest.raises(InstallError, match=r"is for Python 3\.9 on pdp11; this is Python 3"):
        bundle.use(small, small)
    assert "PIP_NO_INDEX" not in os.environ


def test_the_checkout_itself_is_not_a_bundle() -> None:
    assert not bundle.is_bundle(ROOT)


def test_the_python_of_a_bundle_is_preferred(small: Path) -> None:
    """A Python of that version is tried first."""
    for name in ("install.sh", "install", "shared", "daemon"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, small / name)
    (small / "wheels" / "made-for").write_text("9.9 pdp11\n")
    answers = 'case "$*" in *_base_executable*) echo "$0";; *--help*) echo it was me;; esac'
    script(small / "python9.9", answers)
    path = {**os.environ, "PATH": f"{small}:{os.environ['PATH']}"}
    done = subprocess.run(
        [small / "install.sh", "--help"], env=path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "it was me\n"
