"""What the picture will take: size, time and memory, and the time at the layer's own size."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from typing import TypeAlias

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gimp, GLib, Gtk

import arguments
import style_choice
from neural_style_protocol.client import Client
from neural_style_protocol.errors import NeuralStyleError, SettingsError
from neural_style_protocol.events import Estimate, NoEstimate
from neural_style_protocol.result_size import result_size
from neural_style_protocol.settings import Settings, setting
from sentences import decimal, estimate_text, rounded_time, window_text
from source import Source
from words import _

ASK_AGAIN_MS = 30_000
"""The daemon is asked again after this time, so that it keeps its model while the dialog is open,
and so that a reason not to paint that is gone is forgotten."""

LEAST_BYTES, BYTES_PER_PIXEL = 32_000_000, 12
"""The network alone, and a picture of three floats: nothing is computed with less memory."""

_Question: TypeAlias = tuple[Settings, int]
"""The settings of an estimate, and how many styles are mixed."""


class EstimateRow(Gtk.Box):
    """Shows the estimates for the first of ``painted``, and offers to paint it at its own size.

    Attributes:
        is_possible: whether the daemon can paint such a picture, as far as it is known.
    """

    def __init__(self, config: Gimp.ProcedureConfig, painted: Sequence[Source], label: str) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=4)
        self.is_possible = True
        self._config, self._layers = config, len(painted)
        self._size = (painted[0].width, painted[0].height)
        self._client: Client | None = None
        self._own_ticket = ""
        self._own: tuple[_Question, Estimate | NoEstimate] | None = None
        self._asked_for: _Question | None = None
        self._cost = Gtk.Label(xalign=0.0, wrap=True, max_width_chars=40)
        self._computed = Gtk.Label(xalign=0.0, wrap=True, max_width_chars=36)
        self._button = Gtk.Button.new_with_mnemonic(label)
        self._button_text = label
        self._button.set_tooltip_text(
            _("Compute each pixel of the layer, and enlarge nothing. It takes longer.")
        )
        self._button.set_no_show_all(True)
        self._button.set_valign(Gtk.Align.CENTER)
        self._button.connect("clicked", lambda _button: self._take_own_size())
        below = Gtk.Box(spacing=8)
        below.pack_start(self._computed, True, True, 0)
        below.pack_start(self._button, False, False, 0)
        self.pack_start(self._cost, False, False, 0)
        self.pack_start(below, False, False, 0)
        self._changed = config.connect("notify", lambda *_: self._show_size())
        self._timer = GLib.timeout_add(ASK_AGAIN_MS, self._ask_again)
        self._show_size()

    def show_sources(self, painted: Sequence[Source]) -> None:
        """Show the estimates for other sources."""
        self._layers = len(painted)
        self._size = (painted[0].width, painted[0].height)
        self._own, self._own_ticket = None, ""
        self._show_size()

    def close(self) -> None:
        """Ask no more."""
        self._config.disconnect(self._changed)
        GLib.source_remove(self._timer)
        self._client = None

    def take_client(self, client: Client) -> None:
        """Ask this client from now on."""
        self._client = client
        self._own_ticket = ""

    def take(self, answer: Estimate | NoEstimate) -> bool:
        """Show an answer of the daemon; whether it is about the current settings."""
        if answer.ticket == self._own_ticket and self._asked_for is not None:
            self._own = self._asked_for, answer
            self._show_size()
            return False
        self.is_possible = not isinstance(answer, NoEstimate)
        self._cost.set_text(self._cost_text(answer))
        if self.is_possible:
            self._ask_own()
        return True

    def _cost_text(self, answer: Estimate | NoEstimate) -> str:
        if isinstance(answer, NoEstimate):
            return window_text(answer.error)
        if not _can_be(answer):
            return ""
        words = estimate_text(answer)
        return (
            words if self._layers == 1 else _("{estimate}, for each layer").format(estimate=words)
        )

    # --- the layer's own size -------------------------------------------------------------------

    @property
    def _settings(self) -> Settings | None:
        """The current settings; None while one of them is out of range."""
        with contextlib.suppress(SettingsError):
            return arguments.settings_of(self._config)
        return None

    def _own_size(self, settings: Settings) -> Settings | None:
        """The settings for the layer's own size; None if it has it already, or is too large."""
        longest = max(self._size)
        computed = result_size(settings, *self._size)
        most = setting("size").maximum
        if computed == self._size or most is None or longest > most:
            return None
        return dataclasses.replace(settings, size=longest)

    def _take_own_size(self) -> None:
        self._config.set_property("size", max(self._size))

    def _ask_own(self) -> None:
        """Ask for the time at the layer's own size, unless it is known."""
        settings = self._settings
        own = self._own_size(settings) if settings is not None else None
        known = self._own[0] if self._own is not None else None
        styles = style_choice.count_of(self._config)
        if own is None or (own, styles) == known or self._client is None:
            return
        with contextlib.suppress(NeuralStyleError):
            self._asked_for = own, styles
            self._own_ticket = self._client.ask_estimate(own, *self._size, styles)

    def _ask_again(self) -> bool:
        settings = self._settings
        with contextlib.suppress(NeuralStyleError):
            if self._client is not None and settings is not None:
                styles = style_choice.count_of(self._config)
                self._client.ask_estimate(settings, *self._size, styles)
        return True

    def _show_size(self) -> None:
        settings = self._settings
        if settings is None:
            return
        width, height = result_size(settings, *self._size)
        enlarged = max(self._size[0] / width, self._size[1] / height)
        words = _("Computed at {width} × {height} pixels.")
        if enlarged >= 1.05:
            words = _("Computed at {width} × {height} pixels, then enlarged {times} times.")
        self._computed.set_text(words.format(width=width, height=height, times=decimal(enlarged)))
        own = self._own_size(settings)
        self._button.set_visible(own is not None)
        self._button.set_sensitive(True)
        time = self._time_of(own) if own is not None else ""
        words = _("{label}: {time}").format(label=self._button_text, time=time)
        self._button.set_label(words if time else self._button_text)

    def _time_of(self, own: Settings) -> str:
        """The time at the own size, in a few words; empty if it is not known."""
        styles = style_choice.count_of(self._config)
        if self._own is None or self._own[0] != (own, styles):
            return ""
        answer = self._own[1]
        if isinstance(answer, NoEstimate):
            self._button.set_sensitive(False)
            return _("not enough memory") if answer.error.code == "worker" else _("too large")
        if answer.seconds is None or not _can_be(answer):
            return ""
        time = rounded_time(answer.seconds)
        return time[:1].lower() + time[1:]


def _can_be(estimate: Estimate) -> bool:
    """Whether the figures are such that a picture of that size can have them."""
    least = LEAST_BYTES + BYTES_PER_PIXEL * estimate.width * estimate.height
    return estimate.peak_bytes >= least and (estimate.seconds is None or estimate.seconds >= 0.0)
