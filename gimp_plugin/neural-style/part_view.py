"""A picture on which a rectangle is dragged."""

from __future__ import annotations

from collections.abc import Callable

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GdkPixbuf, Gtk

import crisp
from pixbufs import allocated
from preview_part import Part

BLACK, WHITE = 0x000000FF, 0xFFFFFFFF
DARKNESS = 150
"""How dark the rest of the picture is, from 0 to 255."""

NEAREST = GdkPixbuf.InterpType.NEAREST


class PartView(Gtk.EventBox):
    """Shows ``picture``, whose pixels are those of the screen, with a part of it in full light.

    Parts are in shares of its width and height. ``on_part`` is called with each that the user
    drags: a new one, or the old one moved, if it is pressed inside.
    """

    def __init__(self, picture: GdkPixbuf.Pixbuf, on_part: Callable[[Part], None]) -> None:
        super().__init__(above_child=True, halign=Gtk.Align.CENTER)
        self._picture, self._on_part = picture, on_part
        self._dark = _darkened(picture)
        self._part = ALL
        self._pressed: tuple[float, float] | None = None
        self._moved: Part | None = None
        self._image = Gtk.Image()
        self.set_size_request(*map(round, self._shown_size))
        self.add(crisp.shrinkable(self._image))
        masks = Gdk.EventMask
        self.add_events(
            masks.BUTTON_PRESS_MASK | masks.BUTTON_RELEASE_MASK | masks.BUTTON1_MOTION_MASK
        )
        self.connect("button-press-event", lambda _view, event: self._press(event))
        self.connect("motion-notify-event", lambda _view, event: self._move(event))
        self.connect("button-release-event", lambda _view, event: self._move(event))
        self._draw()

    def show_part(self, part: Part) -> None:
        """Show another part."""
        self._part = part
        self._draw()

    @property
    def _shown_size(self) -> tuple[float, float]:
        """The picture's size in GTK's pixels."""
        scale = self.get_scale_factor()
        return self._picture.get_width() / scale, self._picture.get_height() / scale

    def _draw(self) -> None:
        width, height = self._picture.get_width(), self._picture.get_height()
        left, top = round(self._part.x * width), round(self._part.y * height)
        right = min(width, max(left + 1, round((self._part.x + self._part.width) * width)))
        below = min(height, max(top + 1, round((self._part.y + self._part.height) * height)))
        left, top = min(left, right - 1), min(top, below - 1)
        shown = allocated(self._dark.copy())
        self._picture.copy_area(left, top, right - left, below - top, shown, left, top)
        for place in (
            (left, top, right - left, 1),
            (left, below - 1, right - left, 1),
            (left, top, 1, below - top),
            (right - 1, top, 1, below - top),
        ):
            shown.new_subpixbuf(*place).fill(WHITE)
        crisp.show(self._image, shown)

    def _position(self, event: Gdk.EventButton | Gdk.EventMotion) -> tuple[float, float]:
        """The place of an event, in shares of the picture, which is centred."""
        room, (width, height) = self.get_allocation(), self._shown_size
        x = (event.x - (room.width - width) / 2) / width
        y = (event.y - (room.height - height) / 2) / height
        return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)

    def _press(self, event: Gdk.EventButton) -> bool:
        self._pressed = self._position(event)
        inside = self._part.contains(Part(*self._pressed, 0, 0))
        self._moved = self._part if inside and self._part != ALL else None
        return True

    def _move(self, event: Gdk.EventButton | Gdk.EventMotion) -> bool:
        if self._pressed is None:
            return False
        (left, top), (x, y) = self._pressed, self._position(event)
        if self._moved is not None:
            self._on_part(self._moved.moved(x - left, y - top, ALL))
        elif (x, y) != (left, top):
            self._on_part(Part(min(x, left), min(y, top), abs(x - left), abs(y - top)))
        return True


ALL = Part(0.0, 0.0, 1.0, 1.0)


def _darkened(picture: GdkPixbuf.Pixbuf) -> GdkPixbuf.Pixbuf:
    width, height = picture.get_width(), picture.get_height()
    black = allocated(GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, width, height))
    black.fill(BLACK)
    dark = allocated(picture.copy())
    black.composite(dark, 0, 0, width, height, 0, 0, 1, 1, NEAREST, DARKNESS)
    return dark
