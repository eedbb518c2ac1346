"""Runs with a window: each layer is painted in turn, and can be painted further after its end.

GIMP's own progress bar is not used: its Cancel button would end the plug-in on the spot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gi.repository import Gimp, GLib

import unfinished
from daemon_link import DaemonLink, waiting_text
from installation import Installation
from neural_style_protocol.client import Client
from neural_style_protocol.errors import NeuralStyleError, UnknownJobError
from neural_style_protocol.events import (
    Discarded,
    Disconnected,
    Event,
    Failed,
    Finished,
    Notice,
    Paused,
    Preview,
    Progress,
    Queued,
    Started,
)
from neural_style_protocol.pixels import Picture
from order import Order
from result_layer import ResultLayer
from run_view import RunView, Wish
from sentences import translated
from unfinished import UnfinishedRun
from update_pace import UpdatePace
from words import _, duration, error_text


@dataclass
class Piece:
    """One layer to be painted; ``picture`` is what the last run that ended made of it.

    ``again`` is what is asked for to paint it further; None if that is not at hand any more.
    """

    order: Order | UnfinishedRun
    result: ResultLayer
    again: Order | None
    picture: Picture | None = None

    @property
    def can_go_on(self) -> bool:
        return self.picture is not None and self.again is not None and self.result.is_there


def run(pieces: Sequence[Piece], installed: Installation) -> Gimp.Layer | None:
    """Paint in the new layers while a window shows how far it is; the first layer that is left.

    None if all were discarded.

    Raises:
        NeuralStyleError: a picture cannot be made; what was painted so far stays.
    """
    Gimp.displays_flush()
    painting = _Painting(pieces, installed)
    try:
        painting.main_loop()
    finally:
        for piece in pieces:
            if not piece.result.drawn:
                piece.result.remove()
        Gimp.displays_flush()
    return next((piece.result.layer for piece in pieces if piece.result.is_there), None)


class _Painting:
    """One window and its main loop, through the runs that it shows."""

    def __init__(self, pieces: Sequence[Piece], installed: Installation) -> None:
        self._pieces = pieces
        self._installed = installed
        self._loop = GLib.MainLoop()
        self._view = RunView(self._on_wish)
        self._link: DaemonLink | None = None
        self._again = False
        self._turn = 0
        self._job = ""
        self._wish: Wish | None = None
        self._is_interrupted = False
        self._error: Exception | None = None
        self._pace = UpdatePace(self._draw, self._call_later)

    def main_loop(self) -> None:
        """Until the window is left, or the first run has failed."""
        self._begin()
        try:
            self._loop.run()
        finally:
            self._hang_up()
            self._view.close()
        if self._error is not None:
            raise self._error

    @property
    def _piece(self) -> Piece:
        return self._pieces[self._turn]

    # --- a run from its beginning to its end --------------------------------------------------

    def _begin(self) -> None:
        self._turn, self._wish = 0, None
        self._view.show_running(again=self._again)
        self._connect(self._place_order)

    def _connect(self, on_client: Callable[[Client], None]) -> None:
        self._view.say(_("Connecting to the daemon…"))
        self._link = DaemonLink(
            self._installed,
            on_state=lambda text: self._view.say(_(text)),
            on_client=on_client,
            on_event=self._handle,
            on_error=self._fail,
        )

    def _place_order(self, client: Client) -> None:
        self._pace.forget()
        self._view.show_beginning()
        piece = self._piece
        order = piece.order
        if self._again and piece.again is not None and piece.picture is not None:
            order = piece.again.going_on_from(piece.picture)
        try:
            self._job = order.submit(client)
        except UnknownJobError:
            if isinstance(order, UnfinishedRun):
                unfinished.forget(self._installed.home, order.job)
            raise
        result = piece.result
        record = result.as_run(self._job, order.digest)
        unfinished.remember(self._installed.home, record, result.alpha, result.mask())

    def _end_piece(self, finished: Finished) -> None:
        piece = self._piece
        unfinished.forget(self._installed.home, self._job)
        if piece.result.is_there:
            piece.result.draw(finished.picture, final=True)
            Gimp.displays_flush()
        piece.picture = finished.picture
        self._go_on(_ending(finished))

    def _go_on(self, words: str) -> None:
        """With the next layer; after the last one, and after a wish to stop, end with ``words``."""
        client = self._link.client if self._link is not None else None
        if client is None or self._wish is not None or self._turn + 1 == len(self._pieces):
            self._end(words)
        else:
            self._turn += 1
            self._place_order(client)

    def _end(self, words: str) -> None:
        """What is left can be looked at, painted further, or thrown away."""
        self._hang_up()
        for piece in self._pieces:
            if not piece.result.drawn:
                piece.result.remove()
        there = [piece for piece in self._pieces if piece.result.is_there]
        if self._wish is Wish.LEAVE or not there:
            self._loop.quit()
            return
        self._pieces = there
        self._view.show_ended(words, can_continue=all(piece.can_go_on for piece in there))

    def _hang_up(self) -> None:
        self._pace.forget()
        if self._link is not None:
            self._link.close()
            self._link = None
        self._job = ""

    # --- the person ---------------------------------------------------------------------------

    def _on_wish(self, wish: Wish) -> None:
        if self._is_interrupted:
            self._after_interruption(wish)
        elif self._link is None:
            self._after_the_end(wish)
        elif wish is Wish.RESUME:
            self._resume()
        elif self._wish is None:
            self._wish = wish
            self._view.show_stopping()
            self._send_wish()
        elif wish is Wish.LEAVE:  # the window goes when the picture that is kept is there
            self._wish = wish

    def _interrupt(self, error: NeuralStyleError) -> None:
        """The daemon is gone, but keeps the job's checkpoints for the next one."""
        job = self._job
        self._hang_up()
        self._job, self._is_interrupted = job, bool(job)
        if self._is_interrupted:
            words = _("The picture can go on from where it was, now or the next time.")
            self._view.show_interrupted(f"{translated(error.sentence)} {words}")
        else:
            self._fail(error)

    def _after_interruption(self, wish: Wish) -> None:
        if wish is Wish.RESUME:
            self._take_up()
        elif self._again:
            self._wish = Wish.LEAVE
            self._end_as_before()
        else:
            self._loop.quit()

    def _take_up(self) -> None:
        """Go on with the job of a daemon that is gone."""
        self._is_interrupted = False
        self._view.show_running(again=self._again)
        self._connect(self._follow)

    def _follow(self, client: Client) -> None:
        self._piece.result.as_run(self._job, self._piece.order.digest).submit(client)
        if self._wish is not None:
            self._send_wish()

    def _resume(self) -> None:
        try:
            if self._link is not None and self._link.client is not None:
                self._link.client.change(self._job, "resume")
        except NeuralStyleError as error:
            self._view.say(error_text(error))

    def _after_the_end(self, wish: Wish) -> None:
        if wish is Wish.CONTINUE and all(piece.can_go_on for piece in self._pieces):
            self._again = True
            self._begin()
            return
        if wish is Wish.DISCARD:
            self._remove_layers()
        self._loop.quit()

    def _send_wish(self) -> None:
        """Before there is a job, there is nothing that could be kept of it."""
        drop = self._wish in (Wish.DISCARD, Wish.GO_BACK) or not self._job
        if self._job and self._link is not None and self._link.client is not None:
            self._link.client.cancel(self._job, keep=not drop)
        if drop:
            self._drop_run()

    def _drop_run(self) -> None:
        """Nothing of this run is wanted: go back to the picture before it, if there is one."""
        unfinished.forget(self._installed.home, self._job)
        if self._again:
            self._end_as_before()
        else:
            self._remove_layers()
            self._loop.quit()

    def _remove_layers(self) -> None:
        for piece in self._pieces:
            piece.result.remove()

    def _end_as_before(self, words: str = "") -> None:
        for piece in self._pieces:
            if piece.picture is not None and piece.result.is_there:
                piece.result.draw(piece.picture, final=True)
        Gimp.displays_flush()
        self._end(words or _("The picture is as it was before."))

    # --- the daemon ---------------------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        if isinstance(event, Disconnected):
            self._interrupt(event.error)
            return
        if getattr(event, "job", "") != self._job:
            return
        match event:
            case Queued() | Started():
                self._view.show_resumed()
                self._say_waiting(event.position if isinstance(event, Queued) else 0)
            case Progress():
                self._show_progress(event)
            case Paused():
                self._view.say(_("Paused from elsewhere"))
                self._view.show_paused()
            case Notice(text=text):
                self._view.say(translated(text))
            case Preview(picture=picture):
                self._pace.show(picture)
            case Finished():
                self._end_piece(event)
            case Failed(error=error):
                unfinished.forget(self._installed.home, self._job)
                self._fail(error)
            case Discarded():
                unfinished.forget(self._installed.home, self._job)
                if self._again:
                    self._end_as_before()
                else:
                    self._piece.result.remove()
                    self._go_on(_("The picture was discarded from elsewhere."))

    def _say_waiting(self, position: int) -> None:
        if self._wish is None and self._link is not None and self._link.client is not None:
            self._view.say(waiting_text(self._link.client, position))

    def _show_progress(self, progress: Progress) -> None:
        if self._wish is not None:
            return
        words = _("Painting: step {step} of {total}, {width} × {height} pixels").format(
            step=progress.step,
            total=progress.total,
            width=progress.width,
            height=progress.height,
        )
        if len(self._pieces) > 1:
            turn, count = self._turn + 1, len(self._pieces)
            words = _("Layer {turn} of {count}").format(turn=turn, count=count) + "\n" + words
        self._view.say(words)
        percent = f"{100 * progress.fraction:.0f} %"
        if progress.remaining is not None:
            percent += "  ·  " + _("{time} left").format(time=duration(progress.remaining))
        self._view.show_progress(progress.fraction, percent, progress.losses.total)

    def _draw(self, picture: Picture) -> None:
        """Show a preview in the layer."""
        result = self._piece.result
        if not result.is_there:  # the person has deleted it, so nobody waits for it
            self._abandon()
            return
        result.draw(picture, final=False)
        Gimp.displays_flush()

    def _call_later(self, seconds: float, call: Callable[[], None]) -> None:
        def run() -> bool:
            try:
                call()
            except Exception as error:
                self._fail(error)
            return False

        GLib.timeout_add(round(1000 * seconds), run)

    def _abandon(self) -> None:
        if self._link is not None and self._link.client is not None:
            self._link.client.cancel(self._job, keep=False)
        unfinished.forget(self._installed.home, self._job)
        self._go_on(_("A layer was removed meanwhile."))

    def _fail(self, error: Exception) -> None:
        """A failure ends the call, unless there is a picture from before to be shown."""
        if self._again:
            self._end_as_before(error_text(error))
        else:
            self._error = error
            self._loop.quit()


def _ending(finished: Finished) -> str:
    if finished.ending == "stopped":
        return _("Stopped after step {step}. The layer is kept.").format(step=finished.steps)
    words = _("Finished in {time}.").format(time=duration(finished.elapsed))
    if finished.ending == "converged":
        words += " " + _("More steps would hardly change it.")
    return words
