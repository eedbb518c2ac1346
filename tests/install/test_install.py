"""./install.sh, run like a user runs it: install, upgrade, failed upgrade, removal.

The packages are copied from the environment that runs the tests, so that no gigabytes are
downloaded. Everything else is real.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from neural_style.sample_picture import SIZE

ROOT = Path(__file__).parents[2]
PARTS = ("daemon", "shared", "gimp_plugin", "install", "install.sh", "pyproject.toml", "README.md")
GIMP_FOLDERS = (".config/GIMP/3.0", ".var/app/org.gimp.GIMP/config/GIMP/3.2")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class User:
    """A user with a home of their own, a clone of the project, and a shell full of settings."""

    folder: Path

    @property
    def clone(self) -> Path:
        return self.folder / "clone of it"

    @property
    def home(self) -> Path:
        """The value of NEURAL_STYLE_HOME."""
        return self.folder / "neural style"

    @property
    def plugins(self) -> list[Path]:
        return [self.folder / folder / "plug-ins" / "neural-style" for folder in GIMP_FOLDERS]

    @property
    def variables(self) -> dict[str, str]:
        """Variables of a shell whose Python settings would break any Python that uses them."""
        foreign = {"PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere", "PIP_USER": "1"}
        own = {"HOME": str(self.folder), "NEURAL_STYLE_HOME": str(self.home)}
        return {**os.environ, **foreign, **own, "NEURAL_STYLE_PYTHON": base_python()}

    def install(self, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.clone / "install.sh", *options],
            env=self.variables,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def command(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the installed command, in a shell without NEURAL_STYLE_HOME."""
        variables = {k: v for k, v in self.variables.items() if k != "NEURAL_STYLE_HOME"}
        return subprocess.run(
            [self.home / "bin" / "neural-style", *words],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )


def base_python() -> str:
    return str(getattr(sys, "_base_executable", sys.executable))


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user who runs ./install.sh; the daemon is stopped at the end."""
    user = User(tmp_path_factory.mktemp("user"))
    ignored = shutil.ignore_patterns("__pycache__", "vendor", "install.json")
    user.clone.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, user.clone / part, ignore=ignored)
        else:
            shutil.copy2(ROOT / part, user.clone / part)
    for folder in GIMP_FOLDERS:
        (user.folder / folder).mkdir(parents=True)
    yield user
    if user.home.exists():
        user.install("--uninstall")


@pytest.fixture(scope="module")
def cloned(user: User) -> set[str]:
    """The files of the clone before anything was run."""
    return tree(user.clone)


@pytest.fixture(scope="module")
def interrupted(user: User, cloned: set[str]) -> int:
    """The exit status of a first ./install.sh, interrupted while it made the environment."""
    assert cloned
    process = subprocess.Popen(
        [user.clone / "install.sh", "--packages-from", sys.prefix],
        env=user.variables,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not (user.home / "environments" / "1" / "bin").exists():
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGTERM)
    return process.wait()


@pytest.fixture(scope="module")
def installed(user: User, interrupted: int) -> subprocess.CompletedProcess[str]:
    """The ./install.sh that continued after the interruption."""
    assert interrupted == -signal.SIGTERM
    done = user.install("--packages-from", sys.prefix)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.usefixtures("installed")
def test_it_ends_in_a_stylised_picture(user: User) -> None:
    content = Image.open(user.home / "sample" / "landscape.png")
    result = Image.open(user.home / "sample" / "stylised.png")
    assert max(result.size) == SIZE
    difference = ImageChops.difference(content.resize(result.size), result.convert("RGB"))
    assert sum(ImageStat.Stat(difference).mean) / 3 > 5


def test_it_says_where_the_picture_and_the_command_are(
    user: User, installed: subprocess.CompletedProcess[str]
) -> None:
    assert str(user.home / "sample" / "stylised.png") in installed.stdout
    assert f"{user.home / 'bin'} is not on your PATH" in installed.stdout


@pytest.mark.usefixtures("installed")
def test_the_command_reaches_the_daemon(user: User) -> None:
    status = user.command("status", "--json")
    assert status.returncode == 0, status.stderr
    assert json.loads(status.stdout)


@pytest.mark.usefixtures("installed")
def test_the_plugin_is_whole_in_every_gimp(user: User) -> None:
    for plugin in user.plugins:
        record = json.loads((plugin / "install.json").read_text())
        command = user.home / "env" / "bin" / "neural-style"
        assert record == {"home": str(user.home), "command": [str(command)]}
        assert os.access(plugin / "neural-style.py", os.X_OK)
        assert {"zmq", "msgpack", "neural_style_protocol"} <= set(os.listdir(plugin / "vendor"))


@pytest.mark.usefixtures("installed")
def test_the_clone_is_not_changed(user: User, cloned: set[str]) -> None:
    assert tree(user.clone) == cloned


@pytest.mark.usefixtures("installed")
def test_a_broken_version_leaves_the_previous_one(user: User) -> None:
    samples = user.clone / "daemon" / "neural_style" / "samples" / "__main__.py"
    working = samples.read_text()
    samples.write_text("raise SystemExit('broken on purpose')\n")
    try:
        done = user.install()
    finally:
        samples.write_text(working)
    assert done.returncode == 1
    assert "sample's own pictures could not be drawn" in done.stderr
    assert "The previous version stays in use" in done.stdout
    assert user.command("start").returncode == 0


@pytest.mark.usefixtures("installed")
def test_a_second_run_upgrades_in_place(user: User) -> None:
    before = (user.home / "env").resolve()
    weights = next((user.home / "weights").glob("*.safetensors")).stat()
    moved = user.clone.rename(user.folder / "moved clone")
    moved.rename(user.clone)  # nothing installed refers to where the clone was
    done = user.install()
    assert done.returncode == 0, done.stdout + done.stderr
    after = (user.home / "env").resolve()
    assert before != after
    assert [path.resolve() for path in (user.home / "environments").iterdir()] == [after]
    assert next((user.home / "weights").glob("*.safetensors")).stat() == weights


@pytest.mark.usefixtures("installed")
def test_another_plugins_folder_can_be_given(user: User, tmp_path: Path) -> None:
    folder = tmp_path / "gimp" / "plug-ins"
    done = user.install("--plugin-into", str(folder))
    assert done.returncode == 0, done.stderr
    assert os.access(folder / "neural-style" / "neural-style.py", os.X_OK)
    assert str(folder / "neural-style") in (user.home / "installed.json").read_text()


@pytest.mark.usefixtures("installed")
def test_removal_removes_everything_it_made(user: User) -> None:
    (user.home / "mine.txt").write_text("a person's own\n")
    done = user.install("--uninstall")
    assert done.returncode == 0, done.stdout + done.stderr
    assert tree(user.home) == {"mine.txt"}
    for folder in GIMP_FOLDERS:
        assert tree(user.folder / folder) == set()
    again = user.install("--uninstall")
    assert again.returncode == 1
    assert "Nothing is installed" in again.stderr
