"""A GIMP configuration folder with the plug-in, as the installer makes it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from gimp.gimp_root import OUTSIDE, REPOSITORY, GimpRoot

GIMPRC = """(show-welcome-dialog no)
(check-updates no)
(color-profile-policy keep)
(metadata-rotation-policy keep)
(save-device-status no)
"""
VERSIONS = {"3.0": "3.0.4", "3.2": "3.2.6"}


@dataclass(frozen=True)
class Profile:
    """``folder`` is the value of ``GIMP3_DIRECTORY``."""

    folder: Path

    @property
    def plugin(self) -> Path:
        return self.folder / "plug-ins" / "neural-style"

    def copy(self, folder: Path) -> Profile:
        """A copy of this profile in another folder."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Profile(folder)

    def use(self, home: Path, command: list[str]) -> None:
        """Make the plug-in use the daemon of ``home``, which ``command`` starts."""
        record = json.dumps({"home": str(home), "command": command})
        (self.plugin / "install.json").write_text(record, encoding="utf-8")


def make(folder: Path, root: GimpRoot, vendor: Path, home: Path) -> Profile:
    """A profile whose plug-in uses the daemon of ``home``, which it starts outside the root."""
    profile = Profile(folder)
    profile.plugin.parent.mkdir(parents=True)
    version = f'(config-version "{VERSIONS[root.series]}")\n'
    (folder / "gimprc").write_text(version + GIMPRC, encoding="utf-8")
    ignored = shutil.ignore_patterns("vendor", "__pycache__", "install.json")
    shutil.copytree(REPOSITORY / "gimp_plugin" / "neural-style", profile.plugin, ignore=ignored)
    shutil.copytree(vendor, profile.plugin / "vendor")
    profile.use(home, outside(sys.executable, "-m", "neural_style"))
    return profile


def outside(*argv: str) -> list[str]:
    """A command line that runs ``argv`` outside the root, with this checkout's packages."""
    rooms = [str(REPOSITORY / name) for name in ("daemon", "shared", "tests")]
    return ["/usr/sbin/chroot", OUTSIDE, "/usr/bin/env", f"PYTHONPATH={':'.join(rooms)}", *argv]


def fill_vendor(folder: Path, python: str) -> Path:
    """The vendored packages: pyzmq and msgpack for GIMP's Python, and the shared package."""
    platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in (28, 26, 17)]
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
            *("--target", str(folder), "--python-version", python, "--implementation", "cp"),
            *("--only-binary=:all:", *platforms, "--platform=manylinux2014_x86_64"),
            *("pyzmq>=26.2,<28", "msgpack>=1.1,<2"),
        ],
        check=True,
        timeout=120,
        capture_output=True,
    )
    shutil.copytree(
        REPOSITORY / "shared" / "neural_style_protocol",
        folder / "neural_style_protocol",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return folder
