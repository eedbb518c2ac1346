"""Thumbnails of files, made one by one while the main loop is idle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, GLib


class Thumbnails:
    """Makes each thumbnail once. A file that GTK cannot read has none."""

    def __init__(self, side: int) -> None:
        self._side = side
        self._made: dict[Path, GdkPixbuf.Pixbuf | None] = {}
        self._queue: list[tuple[Path, Callable[[GdkPixbuf.Pixbuf | None], None]]] = []
        self._source = 0

    def request(self, path: Path, take: Callable[[GdkPixbuf.Pixbuf | None], None]) -> None:
        """Call ``take`` with the thumbnail of ``path``, now or later."""
        if path in self._made:
            take(self._made[path])
            return
        self._queue.append((path, take))
        if not self._source:
            self._source = GLib.idle_add(self._make_next)

    def cancel_requests(self) -> None:
        """Cancel all requests that are not done yet."""
        self._queue.clear()

    def _make_next(self) -> bool:
        if self._queue:
            path, take = self._queue.pop(0)
            self._made[path] = thumbnail(path, self._side)
            take(self._made[path])
        if not self._queue:
            self._source = 0
        return bool(self._queue)


def thumbnail(path: Path, side: int) -> GdkPixbuf.Pixbuf | None:
    """A thumbnail of at most ``side`` pixels; None if GTK cannot read the file."""
    try:
        pixbuf = GdkPixbuf.Pixbuf.new_from_file_at_size(str(path), side, side)
    except GLib.Error:
        return None
    return pixbuf.apply_embedded_orientation()
