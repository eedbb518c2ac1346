"""A picture from the clipboard becomes a style image in the user's own folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gio, GLib, Gtk

import path_list
import style_folder
from neural_style_protocol.errors import InputError
from neural_style_protocol.paths import Home
from words import _


def paste(home: Home) -> Path:
    """The picture that was copied: its own file, or a new one in the folder of ``home``'s user.

    Raises:
        InputError: no picture was copied, or it cannot be stored.
    """
    clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
    for uri in clipboard.wait_for_uris() or []:
        name = Gio.File.new_for_uri(uri).get_path()
        if name:
            return path_list.chosen_path(name)
    picture = clipboard.wait_for_image()
    if picture is None:
        raise InputError(
            "There is no picture to paste.",
            next_step="Copy one first, in GIMP or in another program.",
        )
    folder = style_folder.own(home)
    style_folder.make(folder)
    path = _free_name(folder)
    try:
        picture.savev(str(path), "png", [], [])
    except GLib.Error as error:
        raise InputError(
            "The pasted picture cannot be stored in {folder}.",
            next_step="Choose another folder under My styles.",
            folder=folder,
        ) from error
    return path


def _free_name(folder: Path) -> Path:
    now = datetime.now()
    name = _("Pasted {date} at {time}").format(date=f"{now:%Y-%m-%d}", time=f"{now:%H.%M.%S}")
    return folder / f"{name}.png"
