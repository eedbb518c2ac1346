"""The windows to choose a style image, or a folder of them."""

from __future__ import annotations

from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk

import path_list
import style_folder
from thumbnails import thumbnail
from words import _

LARGE_THUMBNAIL = 200


def ask_for_picture(parent: Gtk.Widget, chosen: Path | None) -> Path | None:
    """Let the user choose a picture, beginning at ``chosen``; None if the window was closed."""
    window = _window(parent, _("Choose a style image"), Gtk.FileChooserAction.OPEN)
    for offered in (_pictures(), _all_files()):
        window.add_filter(offered)
    if chosen is not None:
        window.set_filename(str(chosen))
    preview = Gtk.Image()
    window.set_preview_widget(preview)
    window.connect("update-preview", lambda changed: _update_preview(changed, preview))
    return _answer(window)


def ask_for_folder(parent: Gtk.Widget, current: Path) -> Path | None:
    """Let the user choose a folder, beginning in ``current``; None if the window was closed."""
    title = _("Choose a folder of styles")
    window = _window(parent, title, Gtk.FileChooserAction.SELECT_FOLDER)
    window.set_current_folder(str(current))
    return _answer(window)


def _pictures() -> Gtk.FileFilter:
    offered = Gtk.FileFilter()
    offered.set_name(_("Pictures"))
    for ending in sorted(style_folder.ENDINGS):
        offered.add_pattern(f"*{ending}")
        offered.add_pattern(f"*{ending.upper()}")
    return offered


def _all_files() -> Gtk.FileFilter:
    offered = Gtk.FileFilter()
    offered.set_name(_("All files"))
    offered.add_pattern("*")
    return offered


def _window(parent: Gtk.Widget, title: str, action: Gtk.FileChooserAction) -> Gtk.FileChooserDialog:
    window = Gtk.FileChooserDialog(title=title, transient_for=parent, action=action)
    window.add_buttons(_("_Cancel"), Gtk.ResponseType.CANCEL)
    window.add_buttons(_("_Open"), Gtk.ResponseType.OK)
    window.set_default_response(Gtk.ResponseType.OK)
    return window


def _answer(window: Gtk.FileChooserDialog) -> Path | None:
    name = window.get_filename() if window.run() == Gtk.ResponseType.OK else None
    window.destroy()
    return path_list.chosen_path(name) if name else None


def _update_preview(window: Gtk.FileChooserDialog, preview: Gtk.Image) -> None:
    name = window.get_preview_filename()
    picture = thumbnail(Path(name), LARGE_THUMBNAIL) if name and Path(name).is_file() else None
    preview.set_from_pixbuf(picture)
    window.set_preview_widget_active(picture is not None)
