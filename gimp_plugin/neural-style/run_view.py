"""What the window of a run shows: how far it is, then how it ended, and what can be done."""

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


class Wish(enum.IntEnum):
    """What the person presses. Closing the window is LEAVE."""

    DISCARD = 1
    GO_BACK = 2
    STOP_AND_KEEP = 3
    RESUME = 4
    CONTINUE = 5
    LEAVE = 6


class RunView:
    """The window. ``on_wish`` is called with each wish; what follows from it is told back here."""

    def __init__(self, on_wish: Callable[[Wish], None]) -> None:
        GimpUi.init(ROLE)
        self._on_wish = on_wish
        self._window = GimpUi.Dialog(title=_("Painting"), role=ROLE)
        self._state = Gtk.Label(xalign=0.0, wrap=True, max_width_chars=50)
        self._bar = Gtk.ProgressBar(show_text=True)
        self._losses, self._history = Gtk.Label(xalign=0.0), list[float]()
        self._buttons = self._made_buttons()
        self._fill()

    def close(self) -> None:
        """Take the window away."""
        self._window.destroy()

    def say(self, text: str) -> None:
        """What is being done, in words."""
        self._state.set_text(text)

    def show_running(self, *, again: bool) -> None:
        """A run begins; ``again`` if it goes on from a picture that can be gone back to."""
        self._window.set_title(_("Painting"))
        self.show_beginning()
        self._bar.show()
        self._offer(Wish.GO_BACK if again else Wish.DISCARD, Wish.STOP_AND_KEEP)

    def show_beginning(self) -> None:
        """Nothing of the layer whose turn it is has been painted."""
        self._history.clear()
        self._losses.set_text("")
        self._bar.set_fraction(0.0)
        self._bar.set_text("")

    def show_progress(self, fraction: float, words: str, loss: float) -> None:
        """``fraction`` is the share that is done, from 0 to 1."""
        self._bar.set_fraction(min(1.0, max(0.0, fraction)))
        self._bar.set_text(words)
        self._history.append(loss)
        self._losses.set_text(sparkline(self._history, SPARKLINE_WIDTH))

    def show_paused(self) -> None:
        """The run waits until somebody resumes it."""
        self._buttons[Wish.RESUME].show()

    def show_resumed(self) -> None:
        """The run goes on."""
        self._buttons[Wish.RESUME].hide()

    def show_interrupted(self, words: str) -> None:
        """The run cannot go on by itself."""
        self.say(words)
        self._offer(Wish.LEAVE, Wish.RESUME)

    def show_stopping(self) -> None:
        """A wish is on its way, and none can follow it."""
        self.say(_("Stopping…"))
        for button in self._buttons.values():
            button.set_sensitive(False)

    def show_ended(self, words: str, *, can_continue: bool) -> None:
        """The run is over, and the layer holds its picture."""
        self._window.set_title(_("Painted"))
        self.say(words)
        self._bar.hide()
        more = (Wish.CONTINUE,) if can_continue else ()
        self._offer(Wish.DISCARD, *more, Wish.LEAVE)

    # --- inside -----------------------------------------------------------------------------

    def _made_buttons(self) -> dict[Wish, Gtk.Button]:
        words = {
            Wish.DISCARD: (_("_Discard"), _("Remove the layer.")),
            Wish.GO_BACK: (_("_Go back"), _("Keep the picture as it was before it went on.")),
            Wish.STOP_AND_KEEP: (_("_Stop and keep"), _("Keep the picture as it is now.")),
            Wish.RESUME: (_("_Resume"), _("Go on with the picture.")),
            Wish.CONTINUE: (
                _("Continue _further"),
                _("Paint on from this picture with the same settings."),
            ),
            Wish.LEAVE: (_("_Close"), _("Keep the layer.")),
        }
        buttons = {}
        for wish, (label, help_text) in words.items():
            button = self._window.add_button(label, wish)
            button.set_tooltip_text(help_text)
            button.set_no_show_all(True)
            buttons[wish] = button
        return buttons

    def _offer(self, *wishes: Wish) -> None:
        """Show the buttons of these wishes, and let the last of them have the focus."""
        for wish, button in self._buttons.items():
            button.set_visible(wish in wishes)
            button.set_sensitive(True)
        self._window.set_default_response(wishes[-1])
        self._buttons[wishes[-1]].grab_focus()

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
        self._offer(Wish.DISCARD, Wish.STOP_AND_KEEP)  # or the window has room for all of them
        self._window.show_all()

    def _respond(self, _window: Gtk.Dialog, response: int) -> None:
        known = [wish.value for wish in Wish]
        self._on_wish(Wish(response) if response in known else Wish.LEAVE)
