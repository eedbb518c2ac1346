"""Choose the style image from a gallery, or any file."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gimp, Gio, Gtk, Pango

import arguments
import favourite_styles
import path_list
import recent_styles
import style_folder
from neural_style_protocol.paths import Home
from style_gallery import StyleGallery
from thumbnails import thumbnail
from words import _

LARGE_THUMBNAIL = 200


class Category(enum.Enum):
    """Which styles the gallery shows."""

    ALL = enum.auto()
    FAVOURITES = enum.auto()
    RECENT = enum.auto()
    OWN = enum.auto()


@dataclass(frozen=True)
class Labels:
    """The labels of the buttons, with their mnemonics."""

    from_file: str
    favourite: str
    folder: str


class StyleChooser(Gtk.Box):
    """Shows and sets the style image of ``config``."""

    def __init__(self, config: Gimp.ProcedureConfig, home: Home, labels: Labels) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        self._config = config
        self._home = home
        self._category = Category.ALL
        self._gallery = StyleGallery(self._choose)
        self._name = Gtk.Label(ellipsize=Pango.EllipsizeMode.MIDDLE, xalign=0.0, hexpand=True)
        self._favourite = Gtk.ToggleButton.new_with_mnemonic(labels.favourite)
        self._favourite_text = labels.favourite
        self._folder = Gtk.Button.new_with_mnemonic(labels.folder)
        self.pack_start(self._category_buttons(), False, False, 0)
        self.pack_start(self._gallery, True, True, 0)
        self.pack_start(self._buttons(labels.from_file), False, False, 0)
        for name in (arguments.STYLE, arguments.STYLE_LAYER):
            config.connect(f"notify::{name}", lambda *_: self._show_chosen())
        self._show_category()
        self._choose_any()

    # --- display ------------------------------------------------------------------------------

    def _category_buttons(self) -> Gtk.Box:
        """One button for each category; the active one is pressed."""
        words = {
            Category.ALL: (_("All"), _("Every style image that is at hand.")),
            Category.FAVOURITES: (_("Favourites"), _("Those that you gave a star.")),
            Category.RECENT: (_("Used lately"), _("Those of the last pictures.")),
            Category.OWN: (_("My styles"), _("The pictures in a folder of yours.")),
        }
        title = Gtk.Label(label=f"<b>{_('Style image')}</b>", use_markup=True, xalign=0.0)
        row = Gtk.Box()
        row.get_style_context().add_class("linked")
        first = None
        for shelf, (text, help_text) in words.items():
            button = Gtk.RadioButton.new_with_label_from_widget(first, text)
            button.set_tooltip_text(help_text)
            button.set_mode(False)
            button.connect("toggled", self._on_category, shelf)
            row.pack_start(button, True, True, 0)
            first = first or button
        both = Gtk.Box(spacing=12)
        both.pack_start(title, False, False, 0)
        both.pack_start(row, True, True, 0)
        return both

    def _on_category(self, button: Gtk.RadioButton, shelf: Category) -> None:
        if button.get_active():
            self._category = shelf
            self._show_category()

    def _show_category(self) -> None:
        starred = favourite_styles.read(self._home)
        own_folder = style_folder.own(self._home)
        if self._category is Category.OWN:
            style_folder.make(own_folder)
        recent = recent_styles.read(self._home)
        own = style_folder.pictures(own_folder)
        everything = [*starred, *recent, *own, *style_folder.samples(self._home)]
        shown = {
            Category.ALL: (everything, ""),
            Category.FAVOURITES: (starred, _("Choose a style image, then press Favourite.")),
            Category.RECENT: (recent, _("Nothing has been painted yet.")),
            Category.OWN: (own, _("Put pictures into {folder}.").format(folder=own_folder)),
        }
        self._folder.set_visible(self._category is Category.OWN)
        paths, hint = shown[self._category]
        self._gallery.show_styles(paths, set(starred), hint)
        self._show_chosen()

    def _show_chosen(self) -> None:
        """Update the gallery and the name after any change of the style."""
        path = self._chosen()
        self._name.set_text(path.name if path else _("Choose a file, or drop a picture here."))
        if path is not None and not self._gallery.select(path):
            if self._category is Category.ALL and path.is_file():
                self._gallery.add_first(path)
                self._gallery.select(path)
        elif path is None:
            self._gallery.select(None)
        self._favourite.set_sensitive(path is not None)
        self._show_star(path in favourite_styles.read(self._home))

    def _show_star(self, starred: bool) -> None:
        self._favourite.set_active(starred)
        self._favourite.set_label(f"{'★' if starred else '☆'} {self._favourite_text}")

    # --- actions --------------------------------------------------------------------------------

    def _buttons(self, from_file: str) -> Gtk.Box:
        button = Gtk.Button.new_with_mnemonic(from_file)
        button.set_tooltip_text(_("Choose any picture that GIMP can open."))
        button.connect("clicked", lambda _button: self._ask_for_file())
        self._folder.set_tooltip_text(_("Choose the folder that My styles shows."))
        self._folder.connect("clicked", lambda _button: self._ask_for_folder())
        self._folder.set_no_show_all(True)
        self._favourite.set_tooltip_text(_("Keep this style image among the favourites."))
        self._favourite.connect("toggled", lambda _button: self._star())
        row = Gtk.Box(spacing=8)
        row.pack_start(button, False, False, 0)
        row.pack_start(self._folder, False, False, 0)
        row.pack_start(self._name, True, True, 0)
        row.pack_start(self._favourite, False, False, 0)
        return row

    def _chosen(self) -> Path | None:
        if self._config.get_property(arguments.STYLE_LAYER) is not None:
            return None
        file = self._config.get_property(arguments.STYLE)
        if file is None or not file.get_path():
            return None
        return path_list.chosen_path(file.get_path())

    def _choose(self, path: Path) -> None:
        if path != self._chosen():
            self._config.set_property(arguments.STYLE_LAYER, None)
            self._config.set_property(arguments.STYLE, Gio.File.new_for_path(str(path)))

    def _choose_any(self) -> None:
        """Choose the first style if none is chosen, so that a new user sees a preview at once."""
        names = (arguments.STYLE, arguments.STYLE_LAYER)
        is_open = all(self._config.get_property(name) is None for name in names)
        if is_open and (path := self._gallery.first) is not None:
            self._choose(path)

    def _star(self) -> None:
        path, wanted = self._chosen(), self._favourite.get_active()
        if path is None or wanted == (path in favourite_styles.read(self._home)):
            return
        (favourite_styles.star if wanted else favourite_styles.unstar)(self._home, path)
        self._gallery.mark(path, wanted)
        self._show_star(wanted)

    def _ask_for_file(self) -> None:
        chooser = self._file_window(_("Choose a style image"), Gtk.FileChooserAction.OPEN)
        if (path := self._chosen()) is not None:
            chooser.set_filename(str(path))
        preview = Gtk.Image()
        chooser.set_preview_widget(preview)
        chooser.connect("update-preview", lambda c: _update_preview(c, preview))
        name = chooser.get_filename() if chooser.run() == Gtk.ResponseType.OK else None
        if name:
            self._choose(path_list.chosen_path(name))
        chooser.destroy()

    def _ask_for_folder(self) -> None:
        title, kind = _("Choose a folder of styles"), Gtk.FileChooserAction.SELECT_FOLDER
        chooser = self._file_window(title, kind)
        chooser.set_current_folder(str(style_folder.own(self._home)))
        name = chooser.get_filename() if chooser.run() == Gtk.ResponseType.OK else None
        if name:
            style_folder.choose(self._home, path_list.chosen_path(name))
            self._show_category()
        chooser.destroy()

    def _file_window(self, title: str, action: Gtk.FileChooserAction) -> Gtk.FileChooserDialog:
        chooser = Gtk.FileChooserDialog(
            title=title, transient_for=self.get_toplevel(), action=action
        )
        chooser.add_buttons(_("_Cancel"), Gtk.ResponseType.CANCEL)
        chooser.add_buttons(_("_Open"), Gtk.ResponseType.OK)
        chooser.set_default_response(Gtk.ResponseType.OK)
        return chooser


def _update_preview(chooser: Gtk.FileChooserDialog, preview: Gtk.Image) -> None:
    name = chooser.get_preview_filename()
    picture = thumbnail(Path(name), LARGE_THUMBNAIL) if name and Path(name).is_file() else None
    preview.set_from_pixbuf(picture)
    chooser.set_preview_widget_active(picture is not None)
