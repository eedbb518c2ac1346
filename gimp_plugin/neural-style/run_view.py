"""The window of a run: its progress, its end, and the buttons."""

from __future__ import annotations

import enum
from collections.abc import Callable

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("GimpUi", "3.0")
from gi.repository import GimpUi, Gtk

from sparkline import sparkline
from words import _

ROLE = "neural-style-run"
SPARKLINE_WIDTH = 36
MARGIN = 24
"""Pixels between the window and the corner of the screen."""


class Action(enum.IntEnum):
    """The button that the user presses. Closing the window is LEAVE."""

    DISCARD = 1
    GO_BACK = 2
    STOP_AND_KEEP = 3
    RESUME = 4
    ADJUST = 5
    CONTINUE = 6
    LEAVE = 7
    GO_ON = 8


class RunView:
    """The window. ``on_action`` is called with each action; the caller then updates the window.

    It stays above GIMP's window, small and in the corner, so that the picture is seen forming.
    ``name`` is that of the image.
    """

    def __init__(self, name: str, on_action: Callable[[Action], None]) -> None:
        GimpUi.init(ROLE)
        self._name = name
        self._on_action = on_action
        self._window = GimpUi.Dialog(title=_("Painting – {name}").format(name=name), role=ROLE)
        self._question = Gtk.Label(xalign=0.0, wrap=True, max_width_chars=44, no_show_all=True)
        self._state = Gtk.Label(xalign=0.0, wrap=True, max_width_chars=44)
        self._bar = Gtk.ProgressBar(show_text=True)
        self._steps = Gtk.Label(xalign=0.0, wrap=True, max_width_chars=40)
        self._losses, self._history = Gtk.Label(xalign=0.0), list[float]()
        self._details = self._make_details()
        self._note = Gtk.Label(xalign=0.0, wrap=True, max_width_chars=44, no_show_all=True)
        self._buttons = self._make_buttons()
        self._placed: tuple[int, int] | None = None
        self._fill()
        self._show()

    def close(self) -> None:
        """Close the window."""
        self._window.destroy()

    def say(self, text: str) -> None:
        """Show ``text`` as the current state."""
        self._state.set_text(text)

    def note(self, text: str) -> None:
        """Show ``text`` below everything else: what an undo does."""
        self._note.set_text(text)
        self._note.set_visible(bool(text))

    def show_running(self, *, continued: bool) -> None:
        """Show a run; ``continued`` if it continues a picture, to which the user can go back."""
        self._window.set_title(_("Painting – {name}").format(name=self._name))
        self.show_beginning()
        self._bar.show()
        self._details.show()
        self.show_no_question(continued=continued)

    def show_beginning(self) -> None:
        """Reset the progress for the next layer."""
        self._history.clear()
        self._steps.set_text("")
        self._losses.set_text("")
        self._bar.set_fraction(0.0)
        self._bar.set_text("")

    def show_progress(self, fraction: float, words: str, steps: str, loss: float) -> None:
        """Show the progress; ``fraction`` is in [0, 1]. Only those who ask see the last two."""
        self._bar.set_fraction(min(1.0, max(0.0, fraction)))
        self._bar.set_text(words)
        self._steps.set_text(steps)
        self._history.append(loss)
        self._losses.set_text(sparkline(self._history, SPARKLINE_WIDTH))

    @property
    def is_asking(self) -> bool:
        """Whether the user is being asked what closing the window is to mean."""
        return bool(self._question.get_visible())

    def show_question(self, *, continued: bool) -> None:
        """Ask whether to stop, because the window is being closed."""
        self._question.set_text(_("It is still being painted. Stop?"))
        self._question.show()
        drop = Action.GO_BACK if continued else Action.DISCARD
        self._offer(drop, Action.STOP_AND_KEEP, Action.GO_ON)

    def show_no_question(self, *, continued: bool) -> None:
        """Show the buttons of a run."""
        self._question.hide()
        self._offer(Action.GO_BACK if continued else Action.DISCARD, Action.STOP_AND_KEEP)

    def show_what_stop_does(self, *, keeps: bool) -> None:
        """Show whether a stop keeps the new picture, or brings back the one before."""
        label, help_text = _stop_and_keep() if keeps else _stop()
        button = self._buttons[Action.STOP_AND_KEEP]
        button.set_label(label)
        button.set_tooltip_text(help_text)

    def show_paused(self) -> None:
        """Show that the run is paused."""
        self._buttons[Action.RESUME].show()

    def show_resumed(self) -> None:
        """Show that the run is not paused."""
        self._buttons[Action.RESUME].hide()

    def show_interrupted(self, words: str) -> None:
        """Show that the run was interrupted; only the user can resume it."""
        self._question.hide()
        self.say(words)
        self._offer(Action.LEAVE, Action.RESUME)

    def show_stopping(self) -> None:
        """Show that an action is being carried out, and disable all buttons."""
        self._question.hide()
        self.say(_("Stopping…"))
        for button in self._buttons.values():
            button.set_sensitive(False)

    def show_ended(self, words: str, *, can_continue: bool, can_adjust: bool) -> None:
        """Show that the run has ended, and that the layer has its picture."""
        self._window.set_title(_("Painted – {name}").format(name=self._name))
        self._question.hide()
        self.say(words)
        self._bar.hide()
        self._details.hide()
        possible = ((Action.ADJUST, can_adjust), (Action.CONTINUE, can_continue))
        more = [action for action, is_possible in possible if is_possible]
        self._offer(Action.DISCARD, *more, Action.LEAVE)

    # --- inside -----------------------------------------------------------------------------

    def _make_details(self) -> Gtk.Expander:
        """Steps and loss, which mean nothing to most painters: closed at first."""
        details = Gtk.Expander.new_with_mnemonic(_("Deta_ils"))
        details.set_tooltip_text(_("The steps of the method, and how its loss falls."))
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=4)
        for label in (self._steps, self._losses):
            box.pack_start(label, False, False, 0)
        details.add(box)
        return details

    def _make_buttons(self) -> dict[Action, Gtk.Button]:
        words = {
            Action.DISCARD: (_("_Discard"), _("Leave everything as it was before.")),
            Action.GO_BACK: (_("_Go back"), _("Keep the picture as it was before it went on.")),
            Action.STOP_AND_KEEP: _stop_and_keep(),
            Action.RESUME: (_("_Resume"), _("Go on with the picture.")),
            Action.ADJUST: (
                _("_Adjust…"),
                _("Choose other settings or another style, and replace this picture."),
            ),
            Action.CONTINUE: (
                _("Continue _further"),
                _("Paint on from this picture with the same settings."),
            ),
            Action.LEAVE: (_("_Close"), _("Keep the layer.")),
            Action.GO_ON: (_("_Keep painting"), _("Go on with the picture.")),
        }
        buttons = {}
        for action, (label, help_text) in words.items():
            button = self._window.add_button(label, action)
            button.set_tooltip_text(help_text)
            button.set_no_show_all(True)
            row = button.get_parent()
            if isinstance(row, Gtk.ButtonBox):  # no wider than their words
                row.set_child_non_homogeneous(button, True)
                row.set_spacing(6)
            buttons[action] = button
        return buttons

    def _offer(self, *actions: Action) -> None:
        """Show the buttons of these actions; the last one gets the focus."""
        for action, button in self._buttons.items():
            button.set_visible(action in actions)
            button.set_sensitive(True)
        self._window.set_default_response(actions[-1])
        self._buttons[actions[-1]].grab_focus()

    def _fill(self) -> None:
        self._window.connect("response", self._respond)
        self._window.connect("delete-event", lambda *_: True)  # the response has been handled
        self._losses.set_tooltip_text(_("How the loss falls from step to step."))
        self._losses.get_accessible().set_name(_("How the loss falls from step to step."))
        self._bar.get_accessible().set_name(_("Progress"))
        self._note.get_style_context().add_class("dim-label")
        box = self._window.get_content_area()
        box.set_spacing(6)
        box.set_border_width(6)
        for widget in (self._question, self._state, self._bar, self._details, self._note):
            box.pack_start(widget, False, False, 0)
        self._offer(
            Action.DISCARD, Action.STOP_AND_KEEP
        )  # otherwise the window is wide enough for all

    def _show(self) -> None:
        """Above GIMP's window, and as small as what it shows."""
        self._window.set_resizable(False)
        GimpUi.window_set_transient(self._window)
        self._window.connect("size-allocate", lambda _window, room: self._place(room.height))
        self._window.show_all()

    def _place(self, height: int) -> None:
        """In the lower left corner, where it hides no layer, unless the user has moved it."""
        if self._placed is not None and self._window.get_position() != self._placed:
            return
        display = self._window.get_display()
        monitor = display.get_primary_monitor() or display.get_monitor(0)
        if monitor is not None:
            room = monitor.get_workarea()
            self._placed = room.x + MARGIN, room.y + room.height - MARGIN - height
            self._window.move(*self._placed)

    def _respond(self, _window: Gtk.Dialog, response: int) -> None:
        known = [action.value for action in Action]
        self._on_action(Action(response) if response in known else Action.LEAVE)


def _stop_and_keep() -> tuple[str, str]:
    return _("_Stop and keep"), _("Keep the picture as it is now.")


def _stop() -> tuple[str, str]:
    words = _("Bring back the picture before: the new one is still coarser.")
    return _("_Stop"), words
