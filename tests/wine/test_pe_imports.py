"""The reader of Windows's modules, on one that is made here."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from wine.math_shim import _exports, _function
from wine.pe_imports import imports_of
from wine.prepare import packages, targets
from wine.wine_root import windows_path

START, PLACE = 0x1000, 0x400
"""Where the made-up section is loaded to, and where it is in the file."""


def made_up(library: bytes, names: list[bytes]) -> bytes:
    """A module that imports ``names``, and one more by number, from ``library``."""
    thunks = 40
    text = thunks + 8 * (len(names) + 2)
    places, strings = [], b""
    for name in names:
        places.append(START + text + len(strings))
        strings += b"\0\0" + name + b"\0"
    library_at = START + text + len(strings)
    strings += library + b"\0"
    entries = [*places, 1 << 63 | 7, 0]
    section = struct.pack("<IIIII", START + thunks, 0, 0, library_at, START + thunks) + bytes(20)
    section += struct.pack(f"<{len(entries)}Q", *entries) + strings
    header = bytearray(PLACE)
    struct.pack_into("<I", header, 0x3C, 0x80)
    struct.pack_into("<H12xH", header, 0x86, 1, 240)
    struct.pack_into("<I", header, 0x80 + 24 + 120, START)
    struct.pack_into("<8xIIII", header, 0x80 + 24 + 240, len(section), START, len(section), PLACE)
    return bytes(header) + section


def test_names_are_found_and_numbers_passed_over() -> None:
    module = made_up(b"maths.dll", [b"csin", b"floor"])
    assert imports_of(module) == {b"maths.dll": [b"csin", b"floor"]}


def test_what_is_no_module_is_refused() -> None:
    broken = bytearray(made_up(b"maths.dll", [b"csin"]))
    struct.pack_into("<I", broken, 0x80 + 24 + 120, 0x9000)
    with pytest.raises(ValueError, match="no module"):
        imports_of(bytes(broken))


def test_each_complex_function_is_written_for_its_type() -> None:
    assert _function("cabsf").startswith("float ns_cabsf(FloatPair a) { return cabsf(")
    assert "Pair ns_cpow(Pair a, Pair b)" in _function("cpow")
    assert "= csin(" in _function("csinl")
    lines = _exports({"floor", "csin"}, {"csin"}).splitlines()
    assert lines[2:] == ["  csin = ns_csin", "  floor = ucrtbase.floor"]


def test_a_wheels_files_go_where_pip_would_put_them() -> None:
    names = ["p/__init__.py", "p-1.data/data/a.dll", "p-1.data/scripts/p", "p-1.data/platlib/q.py"]
    found = {name: path.as_posix() for name, path in targets([*names, "p/"], Path("/py"))}
    assert found == {
        "p/__init__.py": "/py/Lib/site-packages/p/__init__.py",
        "p-1.data/data/a.dll": "/py/a.dll",
        "p-1.data/platlib/q.py": "/py/Lib/site-packages/q.py",
    }


def test_the_projects_own_packages_are_among_those_fetched() -> None:
    assert {"torch>=2.6,<3", "msvc-runtime>=14.42"} <= set(packages())
    assert not any(";" in package for package in packages())


def test_a_path_of_linux_has_a_name_on_windows() -> None:
    assert windows_path(Path("/a/b c")) == "Z:\\a\\b c"
