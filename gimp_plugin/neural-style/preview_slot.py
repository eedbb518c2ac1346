"""The place of the live preview in the dialog: the preview is made anew for another source."""

from __future__ import annotations

from collections.abc import Callable

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk

from live_preview import LivePreview
from source import Source


class PreviewSlot(Gtk.Box):
    """Holds the preview of one source; ``make`` makes a preview."""

    def __init__(self, make: Callable[[Source], LivePreview]) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL)
        self._make = make
        self._preview: LivePreview | None = None

    def show_source(self, source: Source) -> None:
        """Show a preview of ``source`` instead of the one that is there."""
        self.close()
        self._preview = self._make(source)
        self.pack_start(self._preview, True, True, 0)
        self._preview.show_all()

    def show_pictures(self) -> None:
        """Draw the preview's pictures again."""
        if self._preview is not None:
            self._preview.show_pictures()

    def show_error(self, error: Exception) -> None:
        """Say below the preview what is wrong."""
        if self._preview is not None:
            self._preview.show_error(error)

    def close(self) -> None:
        """End the preview, and its work in the daemon."""
        if self._preview is not None:
            self._preview.close()
            self._preview.destroy()
            self._preview = None
