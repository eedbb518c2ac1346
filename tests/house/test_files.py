"""What every file of the project keeps to: length, and saying nothing of one machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 400

# Written in pieces, so that this file does not hold what it looks for.
OF_ONE_MACHINE = tuple(
    re.compile(pattern)
    for pattern in (
        r"/(?:home|Users)/[a-z]\w*/",
        r"/(?:root|work)/[\w.]",
        r"/opt/(?:dev|pypi|wheels)",
        "py" + r"pi\.org",
        "files.python" + "hosted",
        r"deb\.debian" + r"\.org",
        "registry.npm" + "js",
    )
)
MADE_UP_PATHS = frozenset({"tests/house/test_files.py"})


def project_files() -> list[Path]:
    """The files that git knows, or would take in, that still exist."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in done.stdout.split("\0") if name]
    assert names
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def text_of(path: Path) -> str | None:
    """The file's text; None for a picture or another binary file."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def test_no_source_file_is_too_long() -> None:
    sources = [path for path in project_files() if path.suffix in {".py", ".sh"}]
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST} == {}


def test_no_file_speaks_of_one_machine() -> None:
    found = []
    for path in project_files():
        name = path.relative_to(ROOT).as_posix()
        text = text_of(path)
        if text is None or name in MADE_UP_PATHS:
            continue
        found += [f"{name}: {p.pattern}" for p in OF_ONE_MACHINE if p.search(text)]
    assert found == []


@pytest.mark.parametrize(
    "text",
    ["/home/ann/x", "see /work/main", "https://py" + "pi.org/simple", "/root/.cache"],
)
def test_the_search_for_machines_finds_them(text: str) -> None:
    assert any(pattern.search(text) for pattern in OF_ONE_MACHINE)


def test_scripts_that_are_started_can_be() -> None:
    scripts = [path for path in project_files() if path.suffix == ".sh"]
    scripts += [ROOT / ".ci" / "run", ROOT / "gimp_plugin" / "neural-style" / "neural-style.py"]
    assert [str(path) for path in scripts if not path.stat().st_mode & 0o100] == []
