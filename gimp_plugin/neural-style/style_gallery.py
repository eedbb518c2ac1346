"""A gallery of style images: thumbnails, with a star on each favourite."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GdkPixbuf, Gtk

from thumbnails import Thumbnails
from words import _

SIDE = 84
STAR_LOOK = b"label { background: rgba(0, 0, 0, 0.65); color: #ffd65a; padding: 0 3px; }"


class _Style(Gtk.FlowBoxChild):
    """One thumbnail, with the path of its file and the star of a favourite."""

    def __init__(self, path: Path, star: Gtk.Label) -> None:
        super().__init__()
        self.path, self.star = path, star


class StyleGallery(Gtk.ScrolledWindow):
    """Thumbnails to choose from; ``on_chosen`` is called with the chosen path."""

    def __init__(self, on_chosen: Callable[[Path], None]) -> None:
        super().__init__(hscrollbar_policy=Gtk.PolicyType.NEVER, can_focus=False)
        self._on_chosen = on_chosen
        self._thumbnails = Thumbnails(SIDE)
        self._look = Gtk.CssProvider()
        self._look.load_from_data(STAR_LOOK)
        self._box = Gtk.FlowBox(
            selection_mode=Gtk.SelectionMode.SINGLE,
            max_children_per_line=6,
            min_children_per_line=4,
            homogeneous=True,
            valign=Gtk.Align.START,
        )
        self._box.get_accessible().set_name(_("Style images"))
        self._box.connect("child-activated", lambda _box, child: self._on_chosen(child.path))
        self._box.connect("selected-children-changed", lambda _box: self._report_selected())
        self._hint = Gtk.Label(wrap=True, max_width_chars=40, margin=12, valign=Gtk.Align.START)
        both = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        both.pack_start(self._hint, False, False, 0)
        both.pack_start(self._box, True, True, 0)
        self._hint.set_no_show_all(True)
        self.set_min_content_height(SIDE + 24)
        self.set_propagate_natural_height(True)
        self.set_max_content_height(2 * SIDE + 36)
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
        child = _Style(path, self._star())
        over = Gtk.Overlay(halign=Gtk.Align.CENTER)
        over.add(image)
        over.add_overlay(child.star)
        child.add(over)
        child.show_all()
        child.star.set_visible(starred)
        _describe(child, starred)
        self._box.insert(child, place)
        self._thumbnails.request(path, lambda pixbuf: _put(image, pixbuf))

    def _star(self) -> Gtk.Label:
        star = Gtk.Label(label="★", halign=Gtk.Align.END, valign=Gtk.Align.START)
        star.set_no_show_all(True)
        context = star.get_style_context()
        context.add_provider(self._look, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)
        return star

    def _report_selected(self) -> None:
        for child in self._children():
            if child.is_selected():
                self._on_chosen(child.path)


def _put(image: Gtk.Image, pixbuf: GdkPixbuf.Pixbuf | None) -> None:
    if pixbuf is None:
        image.set_from_icon_name("image-x-generic", Gtk.IconSize.DIALOG)
    else:
        image.set_from_pixbuf(pixbuf)


def _describe(child: _Style, starred: bool) -> None:
    name = child.path.stem
    words = _("{name}, a favourite").format(name=name) if starred else name
    child.set_tooltip_text(words)
    child.get_accessible().set_name(words)
