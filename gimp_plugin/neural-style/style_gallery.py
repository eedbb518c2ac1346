"""A gallery of style images: thumbnails, with a star on each favourite."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GdkPixbuf, Gtk, Pango

import crisp
from thumbnails import Thumbnails
from words import _

SIDE = 84
CAPTION = 18
"""The height of the name below a thumbnail, in pixels."""

CHOOSING_KEYS = (Gdk.KEY_Return, Gdk.KEY_KP_Enter, Gdk.KEY_space)
CAPTION_LOOK = b"label { font-size: smaller; }"
STAR_LOOK = b"label { background: rgba(0, 0, 0, 0.65); color: #ffd65a; padding: 0 3px; }"


class _Style(Gtk.FlowBoxChild):
    """One thumbnail, with the path of its file and the star of a favourite."""

    def __init__(self, path: Path, star: Gtk.Label) -> None:
        super().__init__()
        self.path, self.star = path, star


class _Shelf(Gtk.FlowBox):
    """The thumbnails, as one stop of the Tab key: the arrow keys choose among them.

    GTK's own flow box stops at each child, and selects it.
    """

    def do_focus(self, direction: Gtk.DirectionType) -> bool:
        """Tab enters at the chosen thumbnail without choosing another, and leaves from any."""
        if direction not in (Gtk.DirectionType.TAB_FORWARD, Gtk.DirectionType.TAB_BACKWARD):
            return False
        entered = self.get_selected_children() or self.get_children()[:1]
        if self.get_focus_child() is not None or not entered:
            return False
        entered[0].grab_focus()
        return True

    def neighbour(self, key: int) -> Gtk.FlowBoxChild | None:
        """The child to which a key leads from the one with the focus."""
        children = [child for child in self.get_children() if isinstance(child, Gtk.FlowBoxChild)]
        focused = self.get_focus_child()
        if focused not in children:
            return None
        here = children.index(focused)
        top = children[0].get_allocation().y
        line = sum(child.get_allocation().y == top for child in children)
        places = {
            Gdk.KEY_Left: here - 1,
            Gdk.KEY_Right: here + 1,
            Gdk.KEY_Up: here - line,
            Gdk.KEY_Down: here + line,
            Gdk.KEY_Home: 0,
            Gdk.KEY_End: len(children) - 1,
        }
        place = places.get(key, -1)
        return children[place] if 0 <= place < len(children) else None


class StyleGallery(Gtk.ScrolledWindow):
    """Thumbnails to choose from.

    Args:
        on_chosen: called with the chosen path.
        on_added: called with one that is clicked on while Ctrl is down; None if that is nothing
            else.
        by_arrows: whether the arrow keys choose, or only lead to what a click or Enter chooses.
    """

    def __init__(
        self,
        on_chosen: Callable[[Path], None],
        on_added: Callable[[Path], None] | None = None,
        *,
        by_arrows: bool = True,
    ) -> None:
        super().__init__(hscrollbar_policy=Gtk.PolicyType.NEVER, can_focus=False)
        self._on_chosen, self._on_added, self._by_arrows = on_chosen, on_added, by_arrows
        self._thumbnails = Thumbnails(SIDE * self.get_scale_factor())
        self._box = _Shelf(
            selection_mode=Gtk.SelectionMode.SINGLE,
            max_children_per_line=6,
            min_children_per_line=4,
            homogeneous=True,
            valign=Gtk.Align.START,
        )
        self._box.get_accessible().set_name(_("Style images"))
        self._box.connect("child-activated", lambda _box, child: self._on_chosen(child.path))
        if by_arrows:
            self._box.connect("selected-children-changed", lambda _box: self._report_selected())
        if on_added is not None:
            self._box.connect("button-press-event", lambda _box, event: self._on_press(event))
        self._box.connect("key-press-event", lambda _box, event: self._on_key(event))
        self._hint = Gtk.Label(wrap=True, max_width_chars=40, margin=12, valign=Gtk.Align.START)
        both = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        both.pack_start(self._hint, False, False, 0)
        both.pack_start(self._box, True, True, 0)
        self._hint.set_no_show_all(True)
        self.set_min_content_height(SIDE + CAPTION + 24)
        self.set_propagate_natural_height(True)
        self.set_max_content_height(3 * (SIDE + CAPTION) // 2 + 24)
        self.add(both)

    def show_styles(self, paths: Iterable[Path], starred: set[Path], hint: str) -> None:
        """Show thumbnails of ``paths``, or ``hint`` if there are none."""
        self._thumbnails.cancel_requests()
        for child in self._box.get_children():
            self._box.remove(child)
        for path in dict.fromkeys(paths):
            self._add(path, path in starred)
        self._hint.set_text(hint)
        self._hint.set_visible(not self._box.get_children())

    def do_mnemonic_activate(self, _cycling: bool) -> bool:
        """Give the keyboard to the chosen thumbnail."""
        self._box.child_focus(Gtk.DirectionType.TAB_FORWARD)
        return True

    @property
    def first(self) -> Path | None:
        """The style that is shown first; None if there is none."""
        children = self._children()
        return children[0].path if children else None

    def select(self, path: Path | None) -> bool:
        """Select the thumbnail of ``path``; returns False if there is none."""
        child = self._child(path)
        if child is None:
            self._box.unselect_all()
        elif not child.is_selected():
            self._box.select_child(child)
        return child is not None

    def add_first(self, path: Path) -> None:
        """Add a thumbnail at the front."""
        self._add(path, starred=False, place=0)
        self._hint.hide()

    def mark(self, path: Path, starred: bool) -> None:
        """Show or hide the star of ``path``."""
        if (child := self._child(path)) is not None:
            child.star.set_visible(starred)
            _describe(child, starred)

    def _children(self) -> list[_Style]:
        return [child for child in self._box.get_children() if isinstance(child, _Style)]

    def _child(self, path: Path | None) -> _Style | None:
        return next((c for c in self._children() if c.path == path), None)

    def _add(self, path: Path, starred: bool, place: int = -1) -> None:
        image = Gtk.Image()
        image.set_size_request(SIDE, SIDE)
        child = _Style(path, _star())
        over = Gtk.Overlay(halign=Gtk.Align.CENTER)
        over.add(image)
        over.add_overlay(child.star)
        both = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        both.pack_start(over, False, False, 0)
        both.pack_start(_caption(path), False, False, 0)
        child.add(both)
        child.show_all()
        child.star.set_visible(starred)
        _describe(child, starred)
        self._box.insert(child, place)
        self._thumbnails.request(path, lambda pixbuf: _put(image, pixbuf))

    def _report_selected(self) -> None:
        for child in self._children():
            if child.is_selected():
                self._on_chosen(child.path)

    def _on_press(self, event: Gdk.EventButton) -> bool:
        """Add the one below the pointer if Ctrl is down, which would only unselect it."""
        child = self._box.get_child_at_pos(round(event.x), round(event.y))
        with_control = bool(event.state & Gdk.ModifierType.CONTROL_MASK)
        if with_control and isinstance(child, _Style) and self._on_added is not None:
            self._on_added(child.path)
        return with_control

    def _on_key(self, event: Gdk.EventKey) -> bool:
        """Choose with the arrow keys, or the one with the focus with Enter."""
        child = self._box.get_focus_child()
        is_choice = event.keyval in CHOOSING_KEYS
        if not is_choice:
            child = self._box.neighbour(event.keyval)
        if not isinstance(child, _Style):
            return False
        child.grab_focus()
        if self._by_arrows:
            self._box.select_child(child)
        elif is_choice:
            self._on_chosen(child.path)
        return True


def _caption(path: Path) -> Gtk.Label:
    """The name below a thumbnail; it takes no room of its own across."""
    label = Gtk.Label(label=path.stem, ellipsize=Pango.EllipsizeMode.END, max_width_chars=1)
    _dress(label, CAPTION_LOOK)
    return label


def _star() -> Gtk.Label:
    star = Gtk.Label(label="★", halign=Gtk.Align.END, valign=Gtk.Align.START)
    star.set_no_show_all(True)
    _dress(star, STAR_LOOK)
    return star


def _dress(label: Gtk.Label, look: bytes) -> None:
    provider = Gtk.CssProvider()
    provider.load_from_data(look)
    context = label.get_style_context()
    context.add_provider(provider, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)


def _put(image: Gtk.Image, pixbuf: GdkPixbuf.Pixbuf | None) -> None:
    if pixbuf is None:
        image.set_from_icon_name("image-x-generic", Gtk.IconSize.DIALOG)
    else:
        crisp.show(image, pixbuf)


def _describe(child: _Style, starred: bool) -> None:
    name = child.path.stem
    words = _("{name}, a favourite").format(name=name) if starred else name
    child.set_tooltip_text(words)
    child.get_accessible().set_name(words)
