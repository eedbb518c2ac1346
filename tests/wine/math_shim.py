"""A library in place of the mathematics that wine's C library lacks, for numpy.

numpy's modules for Windows import some fifty functions from one library of Microsoft's; wine has
all but those for complex numbers. The library made here has these from mingw's, and passes the
others on. The modules then import from it: its name is written over the other one.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from wine.pe_imports import imports_of
from wine.wine_root import WineRoot

THEIRS, OURS = b"api-ms-win-crt-math-l1-1-0.dll", b"nsmath.dll"

UNARY = (
    *("csin", "ccos", "ctan", "casin", "cacos", "catan", "csinh", "ccosh", "ctanh"),
    *("casinh", "cacosh", "catanh", "cexp", "clog", "csqrt"),
)
BINARY = ("cpow",)
TO_REAL = ("creal", "cimag", "cabs", "carg")

KINDS = {"": ("Pair", "double", ""), "f": ("FloatPair", "float", "f"), "l": ("Pair", "double", "")}
"""By the end of a function's name: the structure that it takes, the type in that, and the end of
mingw's function. Microsoft's long double is a double."""

HEAD = """\
#include <complex.h>
typedef struct { float real, imaginary; } FloatPair;
typedef struct { double real, imaginary; } Pair;
"""


def patch(modules: Iterable[Path], folder: Path, root: WineRoot, seen_as: str) -> None:
    """Build the library in ``folder`` and let those of ``modules`` import from it that need it.

    Args:
        modules: numpy's.
        root: has mingw's compiler.
        seen_as: the name of ``folder`` in there.

    Raises:
        RuntimeError: the library cannot be built.
    """
    contents = {path: path.read_bytes() for path in modules}
    imported = {path: imports_of(data).get(THEIRS, []) for path, data in contents.items()}
    names = {name.decode() for found in imported.values() for name in found}
    ours = {f"{stem}{end}" for stem in (*UNARY, *BINARY, *TO_REAL) for end in KINDS} & names
    (folder / "nsmath.c").write_text(HEAD + "".join(map(_function, sorted(ours))))
    (folder / "nsmath.def").write_text(_exports(names, ours))
    files = [f"{seen_as}/nsmath.c", f"{seen_as}/nsmath.def", "-o", f"{seen_as}/{OURS.decode()}"]
    options = ["-shared", "-static-libgcc", "-O1"]
    done = root.run(["x86_64-w64-mingw32-gcc", *options, *files])
    if done.returncode != 0:
        raise RuntimeError(done.stdout)
    for path, found in imported.items():
        if found:
            path.write_bytes(contents[path].replace(THEIRS, OURS.ljust(len(THEIRS), b"\0")))


def _function(name: str) -> str:
    """The source of one function, called ``ns_`` and its name."""
    stem = next(s for s in (*UNARY, *BINARY, *TO_REAL) if name in {f"{s}{end}" for end in KINDS})
    pair, real, end = KINDS[name.removeprefix(stem)]
    a = "__builtin_complex(a.real, a.imaginary)"
    if stem in TO_REAL:
        return f"{real} ns_{name}({pair} a) {{ return {stem}{end}({a}); }}\n"
    given = f"{pair} a, {pair} b" if stem in BINARY else f"{pair} a"
    values = f"{a}, __builtin_complex(b.real, b.imaginary)" if stem in BINARY else a
    return (
        f"{pair} ns_{name}({given}) {{\n"
        f"    {real} _Complex z = {stem}{end}({values});\n"
        f"    {pair} result = {{creal{end}(z), cimag{end}(z)}};\n"
        "    return result;\n}\n"
    )


def _exports(names: Iterable[str], ours: set[str]) -> str:
    lines = (f"  {name} = {'ns_' if name in ours else 'ucrtbase.'}{name}" for name in sorted(names))
    return "\n".join(("LIBRARY nsmath", "EXPORTS", *lines, ""))
