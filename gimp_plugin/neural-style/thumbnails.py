"""Small pictures of files, made one at a time while the window has nothing else to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, GLib


class Thumbnails:
    """Makes each picture once. What GTK itself cannot read has none."""

    def __init__(self, side: int) -> None:
        self._side = side
        self._made: dict[Path, GdkPixbuf.Pixbuf | None] = {}
        self._wanted: list[tuple[Path, Callable[[GdkPixbuf.Pixbuf | None], None]]] = []
        self._source = 0

    def ask(self, path: Path, take: Callable[[GdkPixbuf.Pixbuf | None], None]) -> None:
        """Let ``take`` have the picture of ``path``, now or soon."""
        if path in self._made:
            take(self._made[path])
            return
        self._wanted.append((path, take))
        if not self._source:
            self._source = GLib.idle_add(self._make_next)

    def forget_wishes(self) -> None:
        """Nobody waits for what was asked for."""
        self._wanted.clear()

    def _make_next(self) -> bool:
        if self._wanted:
            path, take = self._wanted.pop(0)
            self._made[path] = thumbnail(path, self._side)
            take(self._made[path])
        if not self._wanted:
            self._source = 0
        return bool(self._wanted)


def thumbnail(path: Path, side: int) -> GdkPixbuf.Pixbuf | None:
    """A picture of the file, at most ``side`` pixels long; None if GTK cannot read it."""
    try:
        pixbuf = GdkPixbuf.Pixbuf.new_from_file_at_size(str(path), side, side)
    except GLib.Error:
        return None
    return pixbuf.apply_embedded_orientation()
