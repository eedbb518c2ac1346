"""The names that a library for 64-bit Windows imports, from its file in the PE format."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_BY_NUMBER = 1 << 63


def imports_of(module: bytes) -> dict[bytes, list[bytes]]:
    """The functions that ``module`` imports by name, for each library."""
    (header,) = struct.unpack_from("<I", module, 0x3C)
    sections, optional_size = struct.unpack_from("<H12xH", module, header + 6)
    optional = header + 24
    (table,) = struct.unpack_from("<I", module, optional + 120)
    places = [
        struct.unpack_from("<8xIIII", module, optional + optional_size + 40 * index)
        for index in range(sections)
    ]

    def offset(address: int) -> int:
        """Where in the file it lies what is loaded to ``address``."""
        for size, start, stored, place in places:
            if start <= address < start + max(size, stored):
                return int(place + address - start)
        raise ValueError("the file is no module of Windows")

    def text(address: int) -> bytes:
        begin = offset(address)
        return module[begin : module.index(b"\0", begin)]

    def functions(address: int) -> Iterator[bytes]:
        at = offset(address)
        while (entry := struct.unpack_from("<Q", module, at)[0]) != 0:
            if not entry & _BY_NUMBER:
                yield text(entry + 2)
            at += 8

    found: dict[bytes, list[bytes]] = {}
    at = offset(table)
    while (entry := struct.unpack_from("<I8xI", module, at)) != (0, 0):
        names, library = entry
        found[text(library)] = list(functions(names))
        at += 20
    return found
