"""Make the files of a release: the wheel, the sdist, and the plug-in as a zip."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from install import plugin_copy
from install.console import run, say, step
from install.environment import Environment, make_empty
from install.install_paths import COMMAND
from install.package_tool import install
from neural_style_protocol import __version__

BUILDER = "build>=1.2,<2"
SUMS = "SHA256SUMS"
LAUNCHER = f"~/.local/bin/{COMMAND}"
"""Where ./install.sh, pipx and uv put the command."""

READ_ME = f"""\
Neural Style for GIMP {__version__}: the plug-in

1. Unpack this folder, neural-style, into a plug-ins folder of GIMP 3. GIMP lists these folders
   under Edit > Preferences > Folders > Plug-ins, for example ~/.config/GIMP/3.0/plug-ins, or on
   Windows %APPDATA%\\GIMP\\3.0\\plug-ins. The file is then plug-ins/neural-style/neural-style.py.
   It must stay executable.
2. A second program does the painting. It is not in this folder. To install it on Linux, run
   ./install.sh in the project's folder. On each system you can install the wheel of the same
   release with uv or pipx instead, and then run: neural-style setup. Both install the plug-in too.
   The plug-in of this folder starts {LAUNCHER}.
3. Restart GIMP, open a picture, and choose Filters > Neural Style...

This folder is the same for every system, and for Python 3.10 or newer in GIMP. A GIMP from Flatpak
cannot start the second program: it needs the plug-in that ./install.sh makes. Licence: see LICENSE.
Each package in the folder vendor has its own licence file.
"""


def make(checkout: Path, folder: Path) -> None:
    """Write all files of a release, and their checksums, into ``folder``.

    Raises:
        InstallError: a package cannot be downloaded or built.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="neural-style-release-") as work:
        tools = Environment(Path(work) / "tools")
        step(f"Neural Style {__version__}: wheel and sdist")
        make_empty(tools)
        install(tools.python, [BUILDER])
        run(
            [tools.python, "-I", "-m", "build", "--outdir", folder, checkout],
            failure="The packages could not be built",
            quiet=True,
        )
        step("The plug-in as a zip")
        made = _zip_plugin(checkout, folder, tools, Path(work))
    files = sorted([*folder.glob(f"*{__version__}*.whl"), *folder.glob(f"*{__version__}.tar.gz")])
    sums = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in (*files, made)
    ]
    (folder / SUMS).write_text("\n".join(sums) + "\n", encoding="utf-8")
    for file in (*files, made, folder / SUMS):
        say(f"{file} ({file.stat().st_size / 1e3:,.0f} kB)")


def _zip_plugin(checkout: Path, folder: Path, tools: Environment, work: Path) -> Path:
    plugin = work / COMMAND
    plugin_copy.make(plugin, checkout, tools, home="", command=LAUNCHER, universal=True)
    shutil.copy2(checkout / "LICENSE", plugin / "LICENSE")
    (plugin / "READ-ME.txt").write_text(READ_ME, encoding="utf-8")
    name = f"{COMMAND}-plug-in-{__version__}.zip"
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _files(plugin):
            archive.write(path, path.relative_to(work).as_posix())  # keeps the file's mode
    return folder / name


def _files(plugin: Path) -> Iterator[Path]:
    ours = (path for path in sorted(plugin.rglob("*")) if path.is_file())
    return (path for path in ours if "__pycache__" not in path.parts)
