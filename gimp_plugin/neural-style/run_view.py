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
SPARKLINE_WIDTH = 40


class Action(enum.IntEnum):
    """The button that the user presses. Closing the window is LEAVE."""

    DISCARD = 1
    GO_BACK = 2
    STOP_AND_KEEP = 3
    RESUME = 4
    CONTINUE = 5
    LEAVE = 6


class RunView:
    """The window. ``on_action`` is called with each action; the caller then updates the window."""

    def __init__(self, on_action: Callable[[Action], None]) -> None:
        GimpUi.init(ROLE)
        self._on_action = on_action
        self._window = GimpUi.Dialog(title=_("Painting"), role=ROLE)
        self._state = Gtk.Label(xalign=0.0, wrap=True, max_width_chars=50)
        self._bar = Gtk.ProgressBar(show_text=True)
        self._losses, self._history = Gtk.Label(xalign=0.0), list[float]()
        self._buttons = self._make_buttons()
        self._fill()

    def close(self) -> None:
        """Close the window."""
        self._window.destroy()

    def say(self, text: str) -> None:
        """Show ``text`` as the current state."""
        self._state.set_text(text)

    def show_running(self, *, continued: bool) -> None:
        """Show a run; ``continued`` if it continues a picture, to which the user can go back."""
        self._window.set_title(_("Painting"))
        self.show_beginning()
        self._bar.show()
        self._offer(Action.GO_BACK if continued else Action.DISCARD, Action.STOP_AND_KEEP)

    def show_beginning(self) -> None:
        """Reset the progress for the next layer."""
        self._history.clear()
        self._losses.set_text("")
        self._bar.set_fraction(0.0)
        self._bar.set_text("")

    def show_progress(self, fraction: float, words: str, loss: float) -> None:
        """Show the progress; ``fraction`` is in [0, 1]."""
        self._bar.set_fraction(min(1.0, max(0.0, fraction)))
        self._bar.set_text(words)
        self._history.append(loss)
        self._losses.set_text(sparkline(self._history, SPARKLINE_WIDTH))

    def show_paused(self) -> None:
        """Show that the run is paused."""
        self._buttons[Action.RESUME].show()

    def show_resumed(self) -> None:
        """Show that the run is not paused."""
        self._buttons[Action.RESUME].hide()

    def show_interrupted(self, words: str) -> None:
        """Show that the run was interrupted; only the user can resume it."""
        self.say(words)
        self._offer(Action.LEAVE, Action.RESUME)

    def show_stopping(self) -> None:
        """Show that an action is being carried out, and disable all buttons."""
        self.say(_("Stopping…"))
        for button in self._buttons.values():
            button.set_sensitive(False)

    def show_ended(self, words: str, *, can_continue: bool) -> None:
        """Show that the run has ended, and that the layer has its picture."""
        self._window.set_title(_("Painted"))
        self.say(words)
        self._bar.hide()
        more = (Action.CONTINUE,) if can_continue else ()
        self._offer(Action.DISCARD, *more, Action.LEAVE)

    # --- inside -----------------------------------------------------------------------------

    def _make_buttons(self) -> dict[Action, Gtk.Button]:
        words = {
            Action.DISCARD: (_("_Discard"), _("Remove the layer.")),
            Action.GO_BACK: (_("_Go back"), _("Keep the picture as it was before it went on.")),
            Action.STOP_AND_KEEP: (_("_Stop and keep"), _("Keep the picture as it is now.")),
            Action.RESUME: (_("_Resume"), _("Go on with the picture.")),
            Action.CONTINUE: (
                _("Continue _further"),
                _("Paint on from this picture with the same settings."),
            ),
            Action.LEAVE: (_("_Close"), _("Keep the layer.")),
        }
        buttons = {}
        for action, (label, help_text) in words.items():
            button = self._window.add_button(label, action)
            button.set_tooltip_text(help_text)
            button.set_no_show_all(True)
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
        self._window.set_default_size(420, -1)
        self._window.connect("response", self._respond)
        self._losses.set_tooltip_text(_("How the loss falls from step to step."))
        self._losses.get_accessible().set_name(_("How the loss falls from step to step."))
        self._bar.get_accessible().set_name(_("Progress"))
        box = self._window.get_content_area()
        box.set_spacing(12)
        box.set_border_width(12)
        for widget in (self._state, self._bar, self._losses):
            box.pack_start(widget, False, False, 0)
        self._offer(
            Action.DISCARD, Action.STOP_AND_KEEP
        )  # otherwise the window is wide enough for all
        self._window.show_all()

    def _respond(self, _window: Gtk.Dialog, response: int) -> None:
        known = [action.value for action in Action]
        self._on_action(Action(response) if response in known else Action.LEAVE)
