"""Runs with a window: layers are painted one by one, and can be painted further afterwards.

GIMP's own progress bar is not used: its Cancel button would end the plug-in on the spot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gi.repository import Gimp, GLib

import progress_words
import unfinished
from daemon_link import DaemonLink, waiting_text
from installation import Installation
from layer_job import LayerJob
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
from run_view import Action, RunView
from sentences import ending_text, window_text, words_of
from unfinished import UnfinishedRun
from update_pace import UpdatePace
from words import _


@dataclass(frozen=True)
class RunEnd:
    """How a run has ended.

    Attributes:
        layer: the first layer that still exists; None if all were discarded.
        to_adjust: the layers that the user wants to adjust now.
    """

    layer: Gimp.Layer | None
    to_adjust: tuple[Gimp.Layer, ...] = ()


def run(layer_jobs: Sequence[LayerJob], installed: Installation) -> RunEnd:
    """Paint the layers while a window shows the progress.

    Raises:
        NeuralStyleError: a picture cannot be made; what was painted so far stays.
    """
    Gimp.displays_flush()
    painting = _Painting(layer_jobs, installed)
    try:
        painting.main_loop()
    finally:
        for layer_job in layer_jobs:
            layer_job.result.settle()
        Gimp.displays_flush()
    left = tuple(job.result.layer for job in layer_jobs if job.result.exists)
    return RunEnd(left[0] if left else None, left if painting.is_to_adjust else ())


class _Painting:
    """The window, its main loop, and the runs that it shows."""

    def __init__(self, layer_jobs: Sequence[LayerJob], installed: Installation) -> None:
        self._layer_jobs = layer_jobs
        self._installed = installed
        self._loop = GLib.MainLoop()
        self._view = RunView(layer_jobs[0].result.image_name, self._on_action)
        self._link: DaemonLink | None = None
        self._is_continuation = False
        self._turn = 0
        self._job = ""
        self._action: Action | None = None
        self._is_interrupted = self._is_too_coarse = False
        self.is_to_adjust = False
        self._error: Exception | None = None
        self._pace = UpdatePace(self._draw, self._call_later)

    def main_loop(self) -> None:
        """Run until the window is closed or the first run fails."""
        self._begin()
        try:
            self._loop.run()
        finally:
            self._disconnect()
            self._view.close()
        if self._error is not None:
            raise self._error

    @property
    def _layer_job(self) -> LayerJob:
        return self._layer_jobs[self._turn]

    # --- a run from start to end --------------------------------------------------------------

    def _begin(self) -> None:
        self._turn, self._action = 0, None
        self._view.show_running(continued=self._is_continuation)
        self._connect(self._submit)

    def _connect(self, on_client: Callable[[Client], None]) -> None:
        self._view.say(_("Connecting to the daemon…"))
        self._link = DaemonLink(
            self._installed,
            on_state=self._view.say,
            on_client=on_client,
            on_event=self._handle,
            on_error=self._fail,
        )

    def _submit(self, client: Client) -> None:
        self._pace.forget()
        self._view.show_beginning()
        layer_job = self._layer_job
        request = layer_job.request_after(self._layer_jobs[: self._turn])
        if self._is_continuation and layer_job.request_to_continue is not None:
            request = layer_job.request_to_continue
        self._view.note(self._about_layer())
        self._show_fineness((0, 0))
        try:
            self._job = layer_job.job = request.submit(client)
        except UnknownJobError:
            if isinstance(request, UnfinishedRun):
                unfinished.forget(self._installed.home, request.job)
            raise
        result = layer_job.result
        record = result.unfinished_run(self._job, request.digest)
        parts = (result.alpha, result.mask(), result.thumbnail())
        unfinished.remember(self._installed.home, record, *parts)
        if self._action is not None:
            self._send_action()

    def _end_layer(self, finished: Finished) -> None:
        layer_job = self._layer_job
        if finished.ending == "stopped" and self._is_too_coarse:
            unfinished.forget(self._installed.home, layer_job.job)
            self._next_layer(_("Stopped early. The picture is as it was before."))
            return
        layer_job.picture = finished.picture
        if layer_job.result.exists:
            self._draw_picture(layer_job)
        self._next_layer(ending_text(finished))

    def _draw_picture(self, layer_job: LayerJob) -> None:
        unfinished.forget(self._installed.home, layer_job.job)
        layer_job.draw_again()
        Gimp.displays_flush()

    def _next_layer(self, words: str) -> None:
        """Paint the next layer; after the last one, or a stop, end with the text ``words``."""
        client = self._link.client if self._link is not None else None
        if client is None or self._action is not None or self._turn + 1 == len(self._layer_jobs):
            self._end(words)
        else:
            self._turn += 1
            self._submit(client)

    def _end(self, words: str) -> None:
        """End the run: the user can keep the layers, paint them further, or discard them."""
        self._disconnect()
        for layer_job in self._layer_jobs:
            layer_job.result.settle()
        Gimp.displays_flush()
        left = [job for job in self._layer_jobs if job.result.exists]
        left = left or [job for job in self._layer_jobs if job.picture and job.result.has_image]
        if self._action is Action.LEAVE or not left:
            self._loop.quit()
            return
        self._layer_jobs, self._turn = left, 0
        adjustable = all(layer_job.result.can_be_adjusted for layer_job in self._layer_jobs)
        self._view.note(self._about_layer())
        self._view.show_ended(words, can_continue=self._can_continue, can_adjust=adjustable)

    @property
    def _can_continue(self) -> bool:
        return all(layer_job.can_continue for layer_job in self._layer_jobs)

    def _about_layer(self) -> str:
        """What an undo does, or has just done."""
        result = self._layer_job.result
        if not result.exists and self._link is None:
            return _("The layer was removed. Redo brings it back; else the dialog offers it again.")
        if not result.exists:
            return _("The layer was removed. Redo brings it back; meanwhile painting goes on.")
        if self._link is None:
            return result.about_undo
        return f"{_('The layer is locked while it forms.')} {result.about_undo}".strip()

    def _disconnect(self) -> None:
        self._pace.forget()
        if self._link is not None:
            self._link.close()
            self._link = None
        self._job = ""

    # --- actions of the user ------------------------------------------------------------------

    def _on_action(self, action: Action) -> None:
        if self._is_interrupted:
            self._after_interruption(action)
        elif self._link is None:
            self._after_the_end(action)
        elif action is Action.RESUME:
            self._resume()
        elif self._action is None and (action is Action.GO_ON or self._view.is_asking):
            self._answer(action)
        elif self._action is None and action is Action.LEAVE:
            self._view.show_question(continued=self._is_continuation)
        elif self._action is None:
            self._action = action
            self._view.show_stopping()
            self._send_action()
        elif action is Action.LEAVE:  # closes the window when the kept picture arrives
            self._action = action

    def _answer(self, action: Action) -> None:
        """The answer to whether to stop; closing the window once more is none."""
        self._view.show_no_question(continued=self._is_continuation)
        if action not in (Action.GO_ON, Action.LEAVE):
            self._on_action(action)

    def _interrupt(self, error: NeuralStyleError) -> None:
        """The connection was lost; the next daemon can continue from the job's checkpoints."""
        job = self._job
        self._disconnect()
        self._job, self._is_interrupted = job, bool(job)
        if self._is_interrupted:
            words = _("The picture can go on from where it was, now or the next time.")
            self._view.show_interrupted(f"{words_of(error.what)} {words}")
        else:
            self._fail(error)

    def _after_interruption(self, action: Action) -> None:
        if action is Action.RESUME:
            self._reconnect()
        elif self._is_continuation:
            self._action = Action.LEAVE
            self._end_as_before()
        else:
            self._loop.quit()

    def _reconnect(self) -> None:
        """Connect again, and continue the job."""
        self._is_interrupted = False
        self._view.show_running(continued=self._is_continuation)
        self._connect(self._follow)

    def _follow(self, client: Client) -> None:
        layer_job = self._layer_job
        layer_job.result.unfinished_run(self._job, layer_job.request.digest).submit(client)
        if self._action is not None:
            self._send_action()

    def _resume(self) -> None:
        try:
            if self._link is not None and self._link.client is not None:
                self._link.client.change(self._job, "resume")
        except NeuralStyleError as error:
            self._view.say(window_text(error))

    def _after_the_end(self, action: Action) -> None:
        if action is Action.CONTINUE and self._can_continue:
            self._is_continuation = True
            self._begin()
            return
        if action is Action.DISCARD:
            self._remove_layers()
        for layer_job in self._layer_jobs:
            if layer_job.result.exists and not layer_job.result.is_complete:  # a redo brought it
                self._draw_picture(layer_job)
        self.is_to_adjust = action is Action.ADJUST
        self._loop.quit()

    def _send_action(self) -> None:
        """Send the action to the daemon. Of a job that it never had there is nothing to keep."""
        is_there = bool(self._job) or isinstance(self._layer_job.request, UnfinishedRun)
        drop = self._action in (Action.DISCARD, Action.GO_BACK) or not is_there
        if self._job and self._link is not None and self._link.client is not None:
            self._link.client.cancel(self._job, keep=not drop)
        if drop:
            self._drop_run()

    def _drop_run(self) -> None:
        """Discard this run: go back to the picture before it, if there is one."""
        unfinished.forget(self._installed.home, self._job)
        if self._is_continuation:
            self._end_as_before()
        else:
            self._remove_layers()
            self._loop.quit()

    def _remove_layers(self) -> None:
        for layer_job in self._layer_jobs:
            layer_job.result.remove()

    def _end_as_before(self, words: str = "") -> None:
        for layer_job in self._layer_jobs:
            layer_job.draw_again()
        Gimp.displays_flush()
        self._end(words or _("The picture is as it was before."))

    # --- events of the daemon -----------------------------------------------------------------

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
            case Notice():
                self._view.say(words_of(event.phrase))
            case Preview(picture=picture):
                self._pace.show(picture)
            case Finished():
                self._end_layer(event)
            case Failed(error=error):
                unfinished.forget(self._installed.home, self._job)
                self._fail(error)
            case Discarded():
                unfinished.forget(self._installed.home, self._job)
                if self._is_continuation:
                    self._end_as_before()
                else:
                    self._layer_job.result.remove()
                    self._next_layer(_("The picture was discarded from elsewhere."))

    def _say_waiting(self, position: int) -> None:
        if self._action is None and self._link is not None and self._link.client is not None:
            self._view.say(waiting_text(self._link.client, position))

    def _show_progress(self, progress: Progress) -> None:
        if self._action is not None:
            return
        self._view.say(progress_words.state(self._turn + 1, len(self._layer_jobs)))
        self._show_fineness((progress.width, progress.height))
        words = progress_words.share(progress), progress_words.details(progress)
        self._view.show_progress(progress.fraction, *words, progress.losses.total)

    def _show_fineness(self, size: tuple[int, int]) -> None:
        """Nothing coarser is kept in place of a finished picture; the button says so."""
        self._is_too_coarse = self._layer_job.is_too_coarse(size)
        self._view.show_what_stop_does(keeps=not self._is_too_coarse)

    def _draw(self, picture: Picture) -> None:
        """Draw a preview in the layer."""
        result = self._layer_job.result
        if not result.has_image:  # the user closed it, so the job is not needed any more
            self._abandon()
            return
        self._view.note(self._about_layer())
        if result.exists:
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
        self._next_layer(_("The image was closed meanwhile."))

    def _fail(self, error: Exception) -> None:
        """End the call with an error, or go back to the picture before this run."""
        if self._is_continuation:
            self._end_as_before(window_text(error))
        else:
            self._error = error
            self._loop.quit()
