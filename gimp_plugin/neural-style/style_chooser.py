"""Choose the style image from a gallery, or any file."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gimp, Gio, GLib, Gtk, Pango

import arguments
import favourite_styles
import looks
import pasted_style
import path_list
import recent_styles
import style_choice
import style_file_windows
import style_folder
from neural_style_protocol.errors import InputError
from neural_style_protocol.paths import Home
from sentences import window_text
from style_gallery import StyleGallery
from words import _


class Category(enum.Enum):
    """Which styles the gallery shows."""

    ALL = enum.auto()
    FAVOURITES = enum.auto()
    RECENT = enum.auto()
    OWN = enum.auto()


@dataclass(frozen=True)
class Labels:
    """The labels of the buttons, with their mnemonics."""

    title: str
    from_file: str
    paste: str
    favourite: str
    folder: str
    open_folder: str


class StyleChooser(Gtk.Box):
    """Shows and sets the style image of ``config``."""

    def __init__(self, config: Gimp.ProcedureConfig, home: Home, labels: Labels) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        self._config = config
        self._home = home
        self._category = Category.ALL
        self._gallery = StyleGallery(self._choose, self._mix_in)
        shortened = Pango.EllipsizeMode.MIDDLE  # and it never widens the column
        self._name = Gtk.Label(ellipsize=shortened, max_width_chars=1, xalign=0.0, hexpand=True)
        self._favourite = Gtk.ToggleButton.new_with_mnemonic(labels.favourite)
        self._favourite_text = labels.favourite
        looks.show_when_on(self._favourite)
        self._folder_row = self._folder_buttons(labels)
        self.pack_start(self._category_buttons(labels.title), False, False, 0)
        self.pack_start(self._gallery, True, True, 0)
        self.pack_start(self._folder_row, False, False, 0)
        self.pack_start(self._buttons(labels), False, False, 0)
        for name in (arguments.STYLE, arguments.STYLE_LAYER):
            config.connect(f"notify::{name}", lambda *_: self._show_chosen())
        self._show_category()
        self._choose_any()

    # --- display ------------------------------------------------------------------------------

    def _category_buttons(self, title_text: str) -> Gtk.Box:
        """One button for each category; the active one is pressed."""
        words = {
            Category.ALL: (_("All"), _("Every style image that is at hand.")),
            Category.FAVOURITES: (_("Favourites"), _("Those that you gave a star.")),
            Category.RECENT: (_("Used lately"), _("Those of the last pictures.")),
            Category.OWN: (_("My styles"), _("The pictures in a folder of yours.")),
        }
        title = Gtk.Label(xalign=0.0)
        title.set_markup_with_mnemonic(f"<b>{GLib.markup_escape_text(title_text)}</b>")
        title.set_mnemonic_widget(self._gallery)
        row = Gtk.Box()
        row.get_style_context().add_class("linked")
        first = None
        for shelf, (text, help_text) in words.items():
            button = Gtk.RadioButton.new_with_label_from_widget(first, text)
            button.set_tooltip_text(help_text)
            button.set_mode(False)
            looks.show_when_on(button)
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
        own_folder = style_folder.own(self._home)
        if self._category is Category.OWN:
            style_folder.make(own_folder)
        shown: dict[Category, tuple[Callable[[Home], list[Path]], str]] = {
            Category.ALL: (every_style, ""),
            Category.FAVOURITES: (
                favourite_styles.read,
                _("Choose a style image, then press Favourite."),
            ),
            Category.RECENT: (recent_styles.read, _("Nothing has been painted yet.")),
            Category.OWN: (_own, _("Put pictures into {folder}.").format(folder=own_folder)),
        }
        self._folder_row.set_visible(self._category is Category.OWN)
        read, hint = shown[self._category]
        starred = set(favourite_styles.read(self._home))
        self._gallery.show_styles(read(self._home), starred, hint)
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

    def _buttons(self, labels: Labels) -> Gtk.Box:
        self._favourite.set_tooltip_text(_("Keep this style image among the favourites."))
        self._favourite.connect("toggled", lambda _button: self._star())
        row = Gtk.Box(spacing=8)
        for label, help_text, press in (
            (labels.from_file, _("Choose any picture that GIMP can open."), self._ask_for_file),
            (labels.paste, _("Take the picture that was copied."), self._paste),
        ):
            row.pack_start(_button(label, help_text, press), False, False, 0)
        row.pack_start(self._name, True, True, 0)
        row.pack_start(self._favourite, False, False, 0)
        return row

    def _folder_buttons(self, labels: Labels) -> Gtk.Box:
        """The buttons of the user's own folder, shown with it alone."""
        row = Gtk.Box(spacing=8)
        for label, help_text, press in (
            (labels.folder, _("Choose the folder that My styles shows."), self._ask_for_folder),
            (labels.open_folder, _("Show the folder, to put pictures there."), self._open_folder),
        ):
            row.pack_start(_button(label, help_text, press), False, False, 0)
        row.show_all()
        row.set_no_show_all(True)
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
            style_choice.choose_file(self._config, Gio.File.new_for_path(str(path)))

    def _mix_in(self, path: Path) -> None:
        style_choice.add_file(self._config, Gio.File.new_for_path(str(path)))

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
        path = style_file_windows.ask_for_picture(self.get_toplevel(), self._chosen())
        if path is not None:
            self._choose(path)

    def _paste(self) -> None:
        try:
            self._choose(pasted_style.paste(self._home))
        except InputError as error:
            self._name.set_text(window_text(error))
            return
        self._show_category()

    def _ask_for_folder(self) -> None:
        current = style_folder.own(self._home)
        folder = style_file_windows.ask_for_folder(self.get_toplevel(), current)
        if folder is not None:
            style_folder.choose(self._home, folder)
            self._show_category()

    def _open_folder(self) -> None:
        folder = style_folder.own(self._home)
        style_folder.make(folder)
        try:
            Gio.AppInfo.launch_default_for_uri(folder.as_uri(), None)
        except GLib.Error:
            words = _("No program opens folders here. This one is {folder}.")
            self._name.set_text(words.format(folder=folder))


def every_style(home: Home) -> list[Path]:
    """All styles that are at hand: favourites first, then those used lately."""
    starred, recent = favourite_styles.read(home), recent_styles.read(home)
    return [*starred, *recent, *_own(home), *style_folder.samples(home)]


def _own(home: Home) -> list[Path]:
    """The pictures in the user's own folder."""
    return style_folder.pictures(style_folder.own(home))


def _button(label: str, help_text: str, press: Callable[[], None]) -> Gtk.Button:
    button = Gtk.Button.new_with_mnemonic(label)
    button.set_tooltip_text(help_text)
    button.connect("clicked", lambda _button: press())
    return button
