"""Paints previews: shows at once what was painted before, then a quick one, then an exact one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

from daemon_link import waiting_text
from neural_style_protocol.client import Client
from neural_style_protocol.errors import DaemonError
from neural_style_protocol.events import Event, Failed, Finished, Preview, Progress, Queued, Started
from preview_cache import Blend, PreviewCache
from preview_requests import Painted, PreviewRequest
from sentences import decimal
from words import _

Shown: TypeAlias = "Painted | Blend"

NOTED_STROKES = 1.2
"""From this ratio on, the user is told that the layer's strokes are larger than the preview's."""


class PreviewPainter:
    """Carries out the requests of one preview, one after another.

    Args:
        on_state: called with a text that says what is done.
        on_picture: called with each picture to show.
        on_error: called if a request fails.
    """

    def __init__(
        self,
        *,
        on_state: Callable[[str], None],
        on_picture: Callable[[Shown], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._on_state, self._on_picture, self._on_error = on_state, on_picture, on_error
        self._cache = PreviewCache()
        self._left: list[PreviewRequest] = []
        self._job, self._jobs = "", set[str]()
        self._shows_iterates = False

    def show_kept(self, requests: Sequence[PreviewRequest]) -> None:
        """Show what is kept for ``requests``, the best of which comes last, if anything is."""
        shown, _missing = self._kept(requests)
        if shown is not None:
            self._on_picture(shown)

    def start(self, client: Client, requests: Sequence[PreviewRequest]) -> None:
        """Paint what is missing of ``requests``, and no longer what was requested before.

        Raises:
            NeuralStyleError: the daemon refuses, or does not answer.
        """
        self.cancel(client)
        shown, self._left = self._kept(requests)
        self._shows_iterates = shown is None
        if shown is not None:
            self._on_picture(shown)
        if self._left:
            self._on_state(_("Painting a preview…"))
            self._submit(client)
        else:
            self._on_state(_finished_text(requests[-1]))

    def _kept(
        self, requests: Sequence[PreviewRequest]
    ) -> tuple[Shown | None, list[PreviewRequest]]:
        """The best picture of ``requests`` that is kept, or else a mixture for their strength.

        Also the requests that are still to be painted then.
        """
        for place in reversed(range(len(requests))):
            if (painted := self._cache.get(requests[place].order)) is not None:
                return painted, list(requests[place + 1 :])
            if (blend := self._cache.blend(requests[place].order)) is not None:
                return blend, list(requests[place:])
        return None, list(requests)

    def cancel(self, client: Client | None) -> None:
        """Stop painting."""
        self._left = []
        if self._job and client is not None:
            with contextlib.suppress(DaemonError):
                client.cancel(self._job, keep=False)
        self._job = ""

    def handle(self, client: Client, event: Event) -> None:
        """Take an event of the daemon; those of other jobs, and of cancelled ones, are ignored."""
        if not self._job or getattr(event, "job", "") != self._job:
            return
        match event:
            case Queued(position=position):
                self._on_state(waiting_text(client, position, self._jobs))
            case Started():
                self._on_state(waiting_text(client, 0))
            case Progress(fraction=fraction):
                words = _("Preview: {percent:.0f} %")
                if self._left[0].kind == "exact":
                    words = _("Refining the preview: {percent:.0f} %")
                self._on_state(words.format(percent=100 * fraction))
            case Preview(picture=picture) if self._shows_iterates:
                self._on_picture(Painted(picture, self._left[0].part))
            case Finished(picture=picture):
                self._finish(client, Painted(picture, self._left[0].part))
            case Failed(error=error):
                self._job, self._left = "", []
                self._on_error(error)

    def _finish(self, client: Client, painted: Painted) -> None:
        done = self._left.pop(0)
        self._job, self._shows_iterates = "", False
        self._cache.put(done.order, painted)
        self._on_picture(painted)
        if self._left:
            self._submit(client)
        else:
            self._on_state(_finished_text(done))

    def _submit(self, client: Client) -> None:
        self._job = self._left[0].order.submit(client)
        self._jobs.add(self._job)


def _finished_text(request: PreviewRequest) -> str:
    if request.strokes >= NOTED_STROKES:
        words = _("About as the layer will be, whose strokes are {times} times as large.")
        return words.format(times=decimal(request.strokes))
    if request.kind == "part":
        return _("About as the layer will be.")
    if request.kind == "exact":
        return _("The layer begins like this, and gets more detail.")
    return _("This is a small preview; the layer gets more detail.")
