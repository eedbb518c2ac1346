"""The live preview: the result of the current settings, painted at a small size or in part."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gimp, GLib, Gtk

import arguments
import preview_help
import preview_part
import preview_pictures
import source as sources
import style_choice
from canvas_preview import CanvasPreview
from daemon_link import DaemonLink
from installation import Installation
from neural_style_protocol.client import Client
from neural_style_protocol.errors import (
    InputError,
    NeuralStyleError,
    SettingsError,
)
from neural_style_protocol.events import (
    Disconnected,
    Estimate,
    Event,
    NoEstimate,
)
from neural_style_protocol.pixels import Picture
from picture_view import PictureView
from preview_painter import PreviewPainter, Shown
from preview_part import Part
from preview_pictures import PreviewPictures
from preview_requests import Painted, PreviewRequest, PreviewRequests
from sentences import window_text
from source import Source
from words import _

SHOWN_WIDTH, SHOWN_HEIGHT = 420, 330
"""The smallest size of the view, which grows with the window."""

BEFORE_SIDE = 1024
DELAY_MS = 300
"""The preview starts again when the controls have not changed for this long."""

ASK_AGAIN_MS = 2_000


@dataclass(frozen=True)
class Labels:
    """The labels of the buttons, with their mnemonics."""

    before: str
    split: str
    zoom: str
    canvas: str
    again: str


class LivePreview(Gtk.Box):
    """Follows ``config``: after each change, the daemon paints a new preview.

    ``on_estimate`` is called with each answer about the time and memory for a picture, and returns
    whether it is about the current settings; ``on_client`` with each connection to the daemon.
    """

    def __init__(
        self,
        config: Gimp.ProcedureConfig,
        source: Source,
        installed: Installation,
        labels: Labels,
        *,
        on_estimate: Callable[[Estimate | NoEstimate], bool],
        on_client: Callable[[Client], None],
    ) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        self._config, self._source, self._installed = config, source, installed
        self._on_estimate, self._on_client = on_estimate, on_client
        self._whole = preview_pictures.surroundings(source)
        self._visible = self._whole
        self._before = sources.part(source, self._whole, self._before_scale)
        self._pictures = PreviewPictures(source)
        self._requests = PreviewRequests(config, source)
        self._part_before: Picture | None = None
        self._whole_after: Shown | None = None
        self._part_after: Shown | None = None
        self._computed_scale = 1.0
        self._drag_start: Part | None = None
        self._line = 0.5
        self._available = (SHOWN_WIDTH, SHOWN_HEIGHT)
        self._view = PictureView(
            *self._available,
            on_resize=self._on_resize,
            on_click=self._on_click,
            on_scroll=self._on_scroll,
            on_drag=self._on_drag,
            on_line=self._show_line_on_canvas,
        )
        self._canvas = CanvasPreview(source)
        self._state = Gtk.Label(xalign=0.0, wrap=True, max_width_chars=40)
        self._painter = PreviewPainter(
            on_state=self._state.set_text,
            on_picture=self._take_picture,
            on_error=self.show_error,
        )
        self._compare = Gtk.ToggleButton.new_with_mnemonic(labels.before)
        self._split = Gtk.ToggleButton.new_with_mnemonic(labels.split)
        self._zoom = Gtk.ToggleButton.new_with_mnemonic(labels.zoom)
        self._on_canvas = Gtk.ToggleButton.new_with_mnemonic(labels.canvas)
        self._again = Gtk.Button.new_with_mnemonic(labels.again)
        self._fill()
        self._painted_for: tuple[object, ...] = ()
        self._delay_timer = self._estimate_timer = 0
        self._link: DaemonLink | None = None
        self._connect()
        self._changed = config.connect("notify", lambda *_: self._on_changed())

    def close(self) -> None:
        """Cancel the preview's job and close its connection; the image is as before."""
        self._canvas.close()
        self._config.disconnect(self._changed)
        for timer in (self._delay_timer, self._estimate_timer):
            if timer:
                GLib.source_remove(timer)
        self._disconnect()

    def _connect(self) -> None:
        self._again.hide()
        self._state.set_text(_("Connecting to the daemon…"))
        self._link = DaemonLink(
            self._installed,
            on_state=self._state.set_text,
            on_client=self._take_client,
            on_event=self._handle,
            on_error=self.show_error,
            stays=True,
        )

    def _take_client(self, client: Client) -> None:
        self._on_client(client)
        self._start()

    def _disconnect(self) -> None:
        self._cancel()
        if self._link is not None:
            self._link.close()
            self._link = None

    @property
    def _client(self) -> Client | None:
        return self._link.client if self._link is not None else None

    # --- the widgets ----------------------------------------------------------------------------

    def _fill(self) -> None:
        area = self._view.area
        area.get_accessible().set_name(_("Preview"))
        self._view.set_help(preview_help.of_the_picture())
        toggles = (self._compare, self._split, self._zoom, self._on_canvas)
        preview_help.explain(*toggles, self._again)
        self._compare.connect("toggled", lambda _button: self._show_line())
        self._split.connect("toggled", lambda _button: self._show_line())
        self._zoom.connect("toggled", lambda _button: self._on_zoom_toggled())
        self._on_canvas.connect("toggled", lambda _button: self._switch_canvas())
        self._again.connect("clicked", lambda _button: self._try_again())
        self._again.set_no_show_all(True)
        row = Gtk.Box(spacing=6)
        for button in toggles:
            row.pack_start(button, False, False, 0)
        row.pack_end(self._again, False, False, 0)
        self.pack_start(self._view, True, True, 0)
        self.pack_start(row, False, False, 0)
        self.pack_start(self._state, False, False, 0)
        self.show_pictures()

    def _show_line(self) -> None:
        if self._view.line not in (0.0, 1.0):
            self._line = self._view.line
        if self._compare.get_active():
            self._view.set_line(1.0, has_grip=False)
        elif self._split.get_active():
            self._view.set_line(self._line, has_grip=True)
        else:
            self._view.set_line(0.0, has_grip=False)
        self._show_line_on_canvas()

    def _show_line_on_canvas(self) -> None:
        self._canvas.show_line(self._whole.point(self._view.line, 0.0)[0])

    def _switch_canvas(self) -> None:
        """On the canvas is all of it, so a part is shown in the dialog alone."""
        self._on_canvas.set_sensitive(not self._is_part)
        self._canvas.switch(self._on_canvas.get_active() and not self._is_part)
        self._show_line_on_canvas()

    def show_pictures(self) -> None:
        """Draw the pictures again, for example because the image has colours now."""
        visible = self._visible
        if self._is_part:
            width, height = round(visible.width), round(visible.height)
        else:
            width, height = preview_part.fitting(visible, *self._available)
        before = Painted(self._before, self._whole)
        if self._part_before is not None:
            before = Painted(self._part_before, visible)
        after = self._whole_after
        if self._is_part and self._part_after is not None:
            shows_all = self._pictures.covers(self._part_after, visible)
            after = self._part_after if shows_all else after
        pixbufs = self._pictures.pixbufs(before, after, visible, width, height)
        self._view.show_pictures(*pixbufs)

    @property
    def _before_scale(self) -> float:
        return min(1.0, BEFORE_SIDE / max(self._whole.size))

    def _try_again(self) -> None:
        self._disconnect()
        self._connect()

    # --- the visible part -------------------------------------------------------------------------

    @property
    def _is_part(self) -> bool:
        return bool(self._zoom.get_active())

    def _on_resize(self, width: int, height: int) -> None:
        self._available = (width, height)
        if self._is_part:
            self._show_around(self._visible.point(0.5, 0.5))
        else:
            self.show_pictures()

    def _on_click(self, across: float, down: float) -> None:
        if not self._is_part:
            self._show_around(self._visible.point(across, down))

    def _on_scroll(self, across: float, down: float, closer: bool) -> None:
        if closer and not self._is_part:
            self._show_around(self._visible.point(across, down))
        elif not closer:
            self._zoom.set_active(False)

    def _on_zoom_toggled(self) -> None:
        if self._is_part:
            if self._visible == self._whole:
                self._show_around(self._whole.point(0.5, 0.5))
        else:
            self._show_part(self._whole)
        self._switch_canvas()

    def _on_drag(self, right: float, down: float, is_end: bool) -> None:
        if not self._is_part:
            return
        self._drag_start = self._drag_start or self._visible
        self._visible = self._drag_start.moved(-right, -down, self._whole)
        if is_end:
            self._drag_start = None
            self._show_part(self._visible)
        else:
            self._part_before = sources.part(self._source, self._visible, 1.0)
            self.show_pictures()

    def _show_around(self, centre: tuple[float, float]) -> None:
        self._visible = preview_part.around(centre, *self._available, self._whole)
        self._zoom.set_active(True)
        self._show_part(self._visible)

    def _show_part(self, part: Part) -> None:
        self._visible = part
        is_part = self._is_part
        self._part_before = sources.part(self._source, part, 1.0) if is_part else None
        self.show_pictures()
        self._on_changed()

    # --- painting ---------------------------------------------------------------------------------

    def _on_changed(self) -> None:
        """Show at once what is kept for the new settings, and paint the rest a little later."""
        if self._requests_key != self._painted_for:
            self._cancel()
            self._painted_for = ()
            with contextlib.suppress(NeuralStyleError):
                if self._requests.has_style:
                    self._painter.show_kept(self._requested())
        self._schedule()

    def _schedule(self) -> None:
        if self._delay_timer:
            GLib.source_remove(self._delay_timer)
        self._delay_timer = GLib.timeout_add(DELAY_MS, self._on_delay_over)

    def _on_delay_over(self) -> bool:
        self._delay_timer = 0
        if self._requests_key != self._painted_for:
            self._start()
        else:
            self._ask_estimate()
        return False

    @property
    def _requests_key(self) -> tuple[object, ...]:
        """Changes if the preview must change; GIMP also notifies when nothing has changed."""
        part = (self._visible, self._computed_scale) if self._is_part else ()
        return (*self._requests.key, *part)

    def _start(self) -> None:
        client = self._client
        if client is None:
            return
        self._cancel()
        self._painted_for = self._requests_key
        try:
            if not self._requests.has_style:
                self._state.set_text(_("Choose a style image."))
                return
            self._again.hide()
            self._painter.start(client, self._requested())
        except NeuralStyleError as error:
            self.show_error(error)
        finally:  # after the job, because an idle daemon may first measure its speed for seconds
            self._ask_estimate()

    def _ask_estimate(self) -> None:
        with contextlib.suppress(NeuralStyleError):  # an older daemon has no estimates
            if self._client is not None:
                settings = arguments.settings_of(self._config)
                styles = style_choice.count_of(self._config)
                size = self._source.width, self._source.height
                self._client.ask_estimate(settings, *size, styles)

    def _ask_again(self) -> bool:
        self._estimate_timer = 0
        self._ask_estimate()
        return False

    def _requested(self) -> list[PreviewRequest]:
        if self._is_part:
            return [self._requests.of_part(self._visible, self._computed_scale)]
        return self._requests.of_whole()

    def _cancel(self) -> None:
        self._painter.cancel(self._client)

    # --- events of the daemon -----------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        match event:
            case Disconnected(error=error):
                self.show_error(error)
            case Estimate() | NoEstimate():
                self._take_estimate(event)
            case _ if self._client is not None:
                self._painter.handle(self._client, event)

    def _take_picture(self, picture: Shown) -> None:
        if self._is_part:
            self._part_after = picture
        else:
            self._whole_after = picture
            self._canvas.show(picture)
        self.show_pictures()

    def _take_estimate(self, estimate: Estimate | NoEstimate) -> None:
        if not self._on_estimate(estimate) or isinstance(estimate, NoEstimate):
            return
        if (
            estimate.seconds is None and not self._estimate_timer
        ):  # the daemon measures when it has time
            self._estimate_timer = GLib.timeout_add(ASK_AGAIN_MS, self._ask_again)
        scale = max(estimate.width, estimate.height) / max(self._source.width, self._source.height)
        changed, self._computed_scale = scale != self._computed_scale, scale
        if changed and self._is_part:
            self._schedule()

    def show_error(self, error: Exception) -> None:
        """Say what is wrong; the next change of a setting tries again."""
        self._painted_for = ()
        self._state.set_text(window_text(error))
        self._again.set_visible(not isinstance(error, (InputError, SettingsError)))
