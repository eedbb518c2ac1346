"""The preview's picture: the original to the left of a line, the painted one to its right."""

from __future__ import annotations

from collections.abc import Callable

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GdkPixbuf, GLib, GObject, Gtk

import crisp
from pixbufs import allocated

WHITE = 0xFFFFFFFF
GRIP_DISTANCE = 12
"""The line can be grabbed within this many pixels."""

CLICK_DISTANCE = 4
"""A press that moves by fewer pixels is a click."""

HOLD_MS = 350
"""A longer press without a movement shows the original until the button is released."""

KEY_STEP = 0.05
FOCUS_LOOK = b"frame.focused > border { border-color: @theme_selected_bg_color; }"


class PictureView(Gtk.Frame):
    """Two pictures of the same size, with a movable line between them.

    Their pixels are those of the screen; on a screen of scale 2, GTK's own are twice as large.

    Args:
        width, height: the smallest size of the view, in GTK's pixels.
        on_resize: called with the view's new size in pixels of the screen.
        on_click: called with the position of a click, in shares of the picture's width and height.
        on_scroll: called with the position, and whether to zoom in.
        on_drag: called with the distance of a drag in pixels of the screen, and whether the drag
            has ended.
        on_line: called when the user has moved the line.
    """

    def __init__(
        self,
        width: int,
        height: int,
        *,
        on_resize: Callable[[int, int], None],
        on_click: Callable[[float, float], None],
        on_scroll: Callable[[float, float, bool], None],
        on_drag: Callable[[float, float, bool], None],
        on_line: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._on_resize = on_resize
        self._on_click, self._on_scroll, self._on_drag = on_click, on_scroll, on_drag
        self._on_line = on_line
        self._before: GdkPixbuf.Pixbuf | None = None
        self._after: GdkPixbuf.Pixbuf | None = None
        self._line = 0.0
        self._has_grip = False
        self._pressed: tuple[float, float] | None = None
        self._holds_line = False
        self._hold_timer = 0
        self._shows_before = False
        self._size = (width, height)
        self._image = Gtk.Image()
        self._area = Gtk.EventBox(can_focus=True, above_child=True)
        self._area.set_size_request(width, height)
        self._area.add(crisp.shrinkable(self._image))
        self._area.connect("query-tooltip", _without_pointer)
        self.add(self._area)
        self._connect_events()

    @property
    def area(self) -> Gtk.EventBox:
        """The widget for the focus, and the name for screen readers."""
        return self._area

    def set_help(self, text: str) -> None:
        """Tell this with Ctrl+F1 and to screen readers; below the pointer it would hide a part."""
        self._area.set_tooltip_text(text)

    def show_pictures(
        self, before: GdkPixbuf.Pixbuf | None, after: GdkPixbuf.Pixbuf | None
    ) -> None:
        """Show two pixbufs of the same size; ``after`` is None while nothing is painted."""
        self._before, self._after = before, after
        self._draw()

    def set_line(self, place: float, *, has_grip: bool) -> None:
        """Set the share of the width that shows the original; ``has_grip`` makes it movable."""
        self._line, self._has_grip = place, has_grip
        self._draw()

    @property
    def line(self) -> float:
        return self._line

    def _draw(self) -> None:
        if self._before is None:
            return
        width, height = self._before.get_width(), self._before.get_height()
        only_before = self._shows_before or self._after is None
        at = width if only_before else round(self._line * width)
        picture = allocated(self._before.copy())
        if self._after is not None and at < width:
            self._after.copy_area(at, 0, width - at, height, picture, at, 0)
        half = self.get_scale_factor()
        if self._has_grip and half < at < width - half:
            picture.new_subpixbuf(at - half, 0, 2 * half, height).fill(WHITE)
        crisp.show(self._image, picture)

    @property
    def _shown_size(self) -> tuple[float, float]:
        """The picture's width and height in GTK's pixels, as events have them."""
        if self._before is None:
            return 1.0, 1.0
        scale = self.get_scale_factor()
        return self._before.get_width() / scale, self._before.get_height() / scale

    # --- mouse and keys -----------------------------------------------------------------------

    def _connect_events(self) -> None:
        look = Gtk.CssProvider()
        look.load_from_data(FOCUS_LOOK)
        style = self.get_style_context()
        style.add_provider(look, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)
        masks = Gdk.EventMask
        self._area.add_events(
            masks.BUTTON_PRESS_MASK
            | masks.BUTTON_RELEASE_MASK
            | masks.BUTTON1_MOTION_MASK
            | masks.SCROLL_MASK
        )
        for signal, answer in (
            ("button-press-event", self._press),
            ("motion-notify-event", self._move),
            ("button-release-event", self._release),
            ("scroll-event", self._scroll),
        ):
            self._area.connect(signal, lambda _area, event, answer=answer: answer(event))
        self._area.connect("key-press-event", lambda _area, event: self._key(event))
        self._area.connect_after("size-allocate", lambda _area, size: self._size_changed(size))
        self.connect("notify::scale-factor", lambda *_: self._size_changed(self._area_size))
        self._area.connect("focus-in-event", lambda *_: style.add_class("focused"))
        self._area.connect("focus-out-event", lambda *_: style.remove_class("focused"))

    @property
    def _area_size(self) -> Gdk.Rectangle:
        return self._area.get_allocation()

    def _size_changed(self, size: Gdk.Rectangle) -> None:
        scale = self.get_scale_factor()
        if self._size != (size.width * scale, size.height * scale):
            self._size = (size.width * scale, size.height * scale)
            GLib.idle_add(
                self._report_size
            )  # not during the allocation, which forbids size requests

    def _report_size(self) -> bool:
        if self.get_mapped():
            self._on_resize(*self._size)
        return False

    def _position(
        self, event: Gdk.EventButton | Gdk.EventMotion | Gdk.EventScroll
    ) -> tuple[float, float]:
        """The position of an event, in shares of the picture, which is centred in the view."""
        if self._before is None:
            return 0.5, 0.5
        size, (width, height) = self._area_size, self._shown_size
        x = (event.x - (size.width - width) / 2) / width
        y = (event.y - (size.height - height) / 2) / height
        return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)

    def _is_on_picture(self, event: Gdk.EventButton) -> bool:
        if self._before is None:
            return False
        size, (width, height) = self._area_size, self._shown_size
        across, down = abs(event.x - size.width / 2), abs(event.y - size.height / 2)
        return bool(across <= width / 2 and down <= height / 2)

    def _press(self, event: Gdk.EventButton) -> bool:
        first = event.type == Gdk.EventType.BUTTON_PRESS  # a double click is sent as a press too
        if not first or event.button != 1 or self._before is None:
            return False
        if not self._is_on_picture(event):
            return False
        self._area.grab_focus()
        self._pressed = (event.x, event.y)
        away = abs(self._position(event)[0] - self._line) * self._shown_size[0]
        self._holds_line = self._has_grip and away <= GRIP_DISTANCE
        if not self._holds_line:
            self._hold_timer = GLib.timeout_add(HOLD_MS, self._begin_to_hold)
        return True

    def _begin_to_hold(self) -> bool:
        self._hold_timer = 0
        self._shows_before = True
        self._draw()
        return False

    def _end_holding(self) -> bool:
        """End a long press; returns whether there was one."""
        if self._hold_timer:
            GLib.source_remove(self._hold_timer)
            self._hold_timer = 0
        held, self._shows_before = self._shows_before, False
        if held:
            self._draw()
        return held

    def _move(self, event: Gdk.EventMotion) -> bool:
        if self._pressed is None:
            return False
        if self._holds_line:
            self._move_line(self._position(event)[0])
        elif self._moved(event) and not self._shows_before:
            self._end_holding()
            self._on_drag(*self._distance(event), False)
        return True

    def _move_line(self, place: float) -> None:
        self.set_line(place, has_grip=True)
        self._on_line()

    def _release(self, event: Gdk.EventButton) -> bool:
        if self._pressed is None:
            return False
        if not self._end_holding() and not self._holds_line:
            if self._moved(event):
                self._on_drag(*self._distance(event), True)
            else:
                self._on_click(*self._position(event))
        self._pressed = None
        return True

    def _moved(self, event: Gdk.EventButton | Gdk.EventMotion) -> bool:
        start = self._pressed or (event.x, event.y)
        return max(abs(event.x - start[0]), abs(event.y - start[1])) >= CLICK_DISTANCE

    def _distance(self, event: Gdk.EventButton | Gdk.EventMotion) -> tuple[float, float]:
        """How far the pointer is from where it was pressed, in pixels of the screen."""
        start, scale = self._pressed or (event.x, event.y), self.get_scale_factor()
        return (event.x - start[0]) * scale, (event.y - start[1]) * scale

    def _scroll(self, event: Gdk.EventScroll) -> bool:
        up, down = Gdk.ScrollDirection.UP, Gdk.ScrollDirection.DOWN
        if event.direction not in (up, down):
            return False
        self._on_scroll(*self._position(event), event.direction == up)
        return True

    def _key(self, event: Gdk.EventKey) -> bool:
        """The arrow keys move the picture, or the line if Ctrl is down."""
        steps = {
            Gdk.KEY_Left: (-1, 0),
            Gdk.KEY_Right: (1, 0),
            Gdk.KEY_Up: (0, -1),
            Gdk.KEY_Down: (0, 1),
        }
        if event.keyval in (Gdk.KEY_plus, Gdk.KEY_KP_Add, Gdk.KEY_minus, Gdk.KEY_KP_Subtract):
            self._on_scroll(0.5, 0.5, event.keyval in (Gdk.KEY_plus, Gdk.KEY_KP_Add))
            return True
        if event.keyval not in steps or self._before is None:
            return False
        right, down = steps[event.keyval]
        if event.state & Gdk.ModifierType.CONTROL_MASK:
            if self._has_grip:
                self._move_line(min(max(self._line + right * KEY_STEP, 0.0), 1.0))
            return self._has_grip
        quarter = self._before.get_width() / 4
        self._on_drag(-right * quarter, -down * quarter, True)
        return True


def _without_pointer(
    area: Gtk.Widget, _x: int, _y: int, with_keys: bool, _tooltip: Gtk.Tooltip
) -> bool:
    """Keep the tooltip for those who ask for it by key."""
    if not with_keys:
        GObject.signal_stop_emission_by_name(area, "query-tooltip")
    return False
