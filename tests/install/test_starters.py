"""The starters for other systems: install.sh on a Mac, and install.ps1."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from contexts import context_of
from neural_style.cli import commands
from programs import script

ROOT = Path(__file__).parents[2]


@pytest.fixture
def mac(tmp_path: Path) -> Path:
    """The folder of the programs of a Mac; what they were called with is in the file ``said``."""
    folder = tmp_path / "bin"
    script(folder / "uname", "echo Darwin")
    script(folder / "neural-style", f'echo "neural-style $*" >>{tmp_path}/said')
    return folder


def install(mac: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "install.sh", *options],
        env={**os.environ, "PATH": f"{mac}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def make_uv(mac: Path) -> None:
    say = f'case "$*" in "tool dir --bin") echo {mac};; *) echo "uv $*" >>{mac.parent}/said;; esac'
    script(mac / "uv", say)


def test_on_a_mac_install_sh_starts_the_two_commands(mac: Path) -> None:
    make_uv(mac)
    done = install(mac)
    assert done.returncode == 0, done.stderr
    said = (mac.parent / "said").read_text().splitlines()
    assert said == [f"uv tool install --force --python 3.13 {ROOT}", "neural-style setup"]


def test_on_a_mac_removal_takes_both_away(mac: Path) -> None:
    make_uv(mac)
    assert install(mac, "--uninstall").returncode == 0
    said = (mac.parent / "said").read_text().splitlines()
    assert said == ["neural-style setup --uninstall", "uv tool uninstall neural-style-gimp"]


def test_a_mac_without_uv_is_told_how_to_get_it(mac: Path) -> None:
    done = install(mac)
    assert done.returncode == 1
    assert "brew install uv" in done.stderr


def test_what_is_for_linux_alone_is_refused_on_a_mac(mac: Path) -> None:
    make_uv(mac)
    done = install(mac, "--service")
    assert (done.returncode, "--uninstall" in done.stderr) == (2, True)
    assert not (mac.parent / "said").exists()


def test_install_ps1_starts_commands_that_there_are() -> None:
    """It cannot be run here."""
    text = (ROOT / "install.ps1").read_text(encoding="utf-8")
    started = re.findall(r"& \$command ([\w -]+?)(?: }|$)", text, re.MULTILINE)
    assert started == ["setup --uninstall", "stop", "setup"]
    for words in started:
        name, *options = words.split()
        command = commands.get_command(context_of(commands), name)
        assert command is not None
        command.make_parser(context_of(command)).parse_args(options)
    assert "tool install --force --python 3.13 --torch-backend auto $From" in text
