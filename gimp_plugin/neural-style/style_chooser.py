"""Choosing the style image: a row of the last ones, any file, or a picture dropped here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GdkPixbuf, Gio, GLib, Gtk, Pango

import arguments
from words import _

THUMBNAIL = 72
LARGE_THUMBNAIL = 200


class StyleChooser(Gtk.Box):  # type: ignore[misc]
    """Shows and sets the style image of ``config``."""

    def __init__(self, config: Any, recent: list[Path], button_text: str) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        self._config = config
        self._gallery = Gtk.FlowBox(
            selection_mode=Gtk.SelectionMode.SINGLE,
            max_children_per_line=4,
            min_children_per_line=4,
            homogeneous=True,
            valign=Gtk.Align.START,
        )
        self._gallery.get_accessible().set_name(_("Styles used lately"))
        self._gallery.connect("child-activated", lambda _box, child: self._choose(child.path))
        self._gallery.connect("selected-children-changed", lambda _box: self._follow_selection())
        for path in recent:
            self._add(path)
        scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
        scrolled.set_min_content_height(THUMBNAIL + 48)
        scrolled.add(self._gallery)
        self.pack_start(scrolled, True, True, 0)
        self.pack_start(self._button(button_text), False, False, 0)
        self.drag_dest_set(Gtk.DestDefaults.ALL, [], Gdk.DragAction.COPY)
        self.drag_dest_add_uri_targets()
        self.connect("drag-data-received", self._on_drop)
        for name in (arguments.STYLE, arguments.STYLE_LAYER):
            config.connect(f"notify::{name}", lambda *_: self._show_chosen())
        self._show_chosen()

    def _button(self, text: str) -> Any:
        self._name = Gtk.Label(ellipsize=Pango.EllipsizeMode.MIDDLE, xalign=0.0, hexpand=True)
        button = Gtk.Button.new_with_mnemonic(text)
        button.set_tooltip_text(_("Choose any picture that GIMP can open."))
        button.connect("clicked", lambda _button: self._ask_for_file())
        row = Gtk.Box(spacing=8)
        row.pack_start(button, False, False, 0)
        row.pack_start(self._name, True, True, 0)
        return row

    def _add(self, path: Path) -> Any:
        image = Gtk.Image.new_from_pixbuf(_thumbnail(path, THUMBNAIL))
        child = Gtk.FlowBoxChild()
        child.path = path
        child.add(image)
        child.set_tooltip_text(path.stem)
        child.get_accessible().set_name(path.stem)
        child.show_all()
        self._gallery.add(child)
        return child

    def _chosen(self) -> Path | None:
        if self._config.get_property(arguments.STYLE_LAYER) is not None:
            return None
        file = self._config.get_property(arguments.STYLE)
        return Path(file.get_path()) if file is not None and file.get_path() else None

    def _choose(self, path: Path) -> None:
        if path != self._chosen():
            self._config.set_property(arguments.STYLE_LAYER, None)
            self._config.set_property(arguments.STYLE, Gio.File.new_for_path(str(path)))

    def _follow_selection(self) -> None:
        for child in self._gallery.get_selected_children():
            self._choose(child.path)

    def _show_chosen(self) -> None:
        """Whoever changed the style, the gallery and the name follow."""
        path = self._chosen()
        self._name.set_text(path.name if path else _("Choose a file, or drop a picture here."))
        if path is None:
            self._gallery.unselect_all()
            return
        children = self._gallery.get_children()
        child = next((c for c in children if c.path == path), None)
        if child is None and path.is_file():
            child = self._add(path)
        if child is not None and not child.is_selected():
            self._gallery.select_child(child)

    def _ask_for_file(self) -> None:
        chooser = Gtk.FileChooserDialog(
            title=_("Choose a style image"),
            transient_for=self.get_toplevel(),
            action=Gtk.FileChooserAction.OPEN,
        )
        chooser.add_buttons(_("_Cancel"), Gtk.ResponseType.CANCEL)
        chooser.add_buttons(_("_Open"), Gtk.ResponseType.OK)
        chooser.set_default_response(Gtk.ResponseType.OK)
        if (path := self._chosen()) is not None:
            chooser.set_filename(str(path))
        preview = Gtk.Image()
        chooser.set_preview_widget(preview)
        chooser.connect("update-preview", lambda c: _update_preview(c, preview))
        if chooser.run() == Gtk.ResponseType.OK and chooser.get_filename():
            self._choose(Path(chooser.get_filename()))
        chooser.destroy()

    def _on_drop(
        self, _widget: Any, _context: Any, _x: int, _y: int, data: Any, _info: int, _time: int
    ) -> None:
        for uri in (data.get_uris() or [])[:1]:
            path = Gio.File.new_for_uri(uri).get_path()
            if path:
                self._choose(Path(path))


def _update_preview(chooser: Any, preview: Any) -> None:
    name = chooser.get_preview_filename()
    picture = _thumbnail(Path(name), LARGE_THUMBNAIL) if name and Path(name).is_file() else None
    preview.set_from_pixbuf(picture)
    chooser.set_preview_widget_active(picture is not None)


def _thumbnail(path: Path, side: int) -> Any:
    """A small picture of the file; None if GTK itself cannot read it."""
    try:
        pixbuf = GdkPixbuf.Pixbuf.new_from_file_at_size(str(path), side, side)
    except GLib.Error:
        return None
    return pixbuf.apply_embedded_orientation()
