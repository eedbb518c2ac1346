"""A window from which a file can be dragged: ``python3 drag_source.py FILE``, run inside a root."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

TITLE = "Drag me"


def main(file: Path) -> None:
    window = Gtk.Window(title=TITLE, default_width=100, default_height=100)
    area = Gtk.EventBox()
    area.add(Gtk.Label(label=file.name))
    area.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
    area.drag_source_add_uri_targets()

    def give(_area: Any, _context: Any, data: Any, _info: int, _time: int) -> None:
        data.set_uris([file.as_uri()])

    area.connect("drag-data-get", give)
    window.add(area)
    window.show_all()
    Gtk.main()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
