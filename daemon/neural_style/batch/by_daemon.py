"""Paints orders by the daemon: as many at once as it has workers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from neural_style.batch.earlier_job import earlier_job, remove
from neural_style.batch.full_queue import FullQueue
from neural_style.batch.order import Inputs, Order, Outcome, Watch
from neural_style.picture_files.loaded import KeptMetadata
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.errors import DaemonUnreachable, NeuralStyleError
from neural_style_protocol.older_daemon import check_arithmetic
from neural_style_protocol.settings import Settings

MOST_AT_ONCE = 4
"""The daemon takes the pixels of no more pictures from one program at a time."""

POLL_SECONDS = 0.2

ANY_SIZE = (512, 512)
"""Of a picture that is asked about: the arithmetic does not depend on it."""

LOADING_SECONDS = 300.0
"""How long a busy machine may take to load its model and to measure its speed."""


@dataclass(frozen=True)
class _Sent:
    """An order that the daemon has, and what is saved with its picture."""

    order: Order
    kept: KeptMetadata


@dataclass(frozen=True)
class DaemonPlace:
    """A :class:`~neural_style.batch.order.Place`: the daemon of ``client``."""

    client: Client

    def arithmetic(self, settings: Settings) -> str:
        """See :meth:`neural_style.batch.order.Place.arithmetic`."""
        check_arithmetic(self.client.daemon)
        return self.client.estimate(settings, *ANY_SIZE, timeout=LOADING_SECONDS).arithmetic

    def painter(self, settings: Settings, arithmetic: str) -> DaemonPainter:
        """See :meth:`neural_style.batch.order.Place.painter`."""
        return DaemonPainter(self.client, settings, arithmetic=arithmetic)


class DaemonPainter:
    """A :class:`~neural_style.batch.order.Painter`; it has the events of ``client`` to itself.

    Args:
        arithmetic: in which the pictures are painted; empty for the daemon's own choice.
        keeps_current: whether the first interruption keeps the oldest picture as it is, as
            ``Finished`` with the ending ``stopped``; otherwise all are discarded.
    """

    def __init__(
        self,
        client: Client,
        settings: Settings,
        *,
        arithmetic: str = "",
        keeps_current: bool = False,
    ) -> None:
        self._client = client
        self._settings = settings
        self._arithmetic = arithmetic
        self._keeps_current = keeps_current
        self._sent: dict[str, _Sent] = {}
        self._held: Order | None = None
        self._queue = FullQueue(client)

    def paint(
        self, orders: Iterable[Order], watch: Watch, interruptions: Callable[[], int]
    ) -> Generator[Outcome, None, None]:
        """See :meth:`neural_style.batch.order.Painter.paint`."""
        waiting, handled = iter(orders), 0
        try:
            while True:
                while not interruptions() and self._may_send():
                    order = self._held or next(waiting, None)
                    if order is None:
                        break
                    refused = self._send(order, watch)
                    if refused is not None:
                        yield refused
                if not self._sent and (self._held is None or interruptions()):
                    return
                yield from self._listen(watch)
                if interruptions() > handled:
                    handled = interruptions()
                    self._stop(keep=self._keeps_current and handled == 1)
        finally:
            self._discard(list(self._sent))

    def saved(self, outcome: Outcome) -> None:
        """Remove the job from the daemon's history, which would make room for it."""
        if outcome.finished is not None:
            remove(self._client, outcome.finished.job)

    def _may_send(self) -> bool:
        return self._queue.may_have_room and len(self._sent) < self._at_once()

    def _at_once(self) -> int:
        """How many orders are worth sending: one for each of the daemon's workers."""
        with contextlib.suppress(NeuralStyleError):  # it will be told when the next one is sent
            return max(1, min(MOST_AT_ONCE, len(self._client.status().workers)))
        return 1

    def _send(self, order: Order, watch: Watch) -> Outcome | None:
        """Let the daemon paint ``order``; returns the outcome if it cannot be sent.

        While the daemon's queue is full, the order is held.
        """
        self._held = None
        try:
            inputs = order.load()
            job = "" if order.job in self._sent else earlier_job(self._client, order.job)
            if job:
                self._client.watch(job)
                watch.begun(order, job)
            else:
                job = self._queue.sent(partial(self._submit, order, inputs, watch))
            if job:
                self._sent[job] = _Sent(order, inputs.kept)
            else:
                self._held = order
        except NeuralStyleError as error:
            return Outcome(order, error=error)
        return None

    def _submit(self, order: Order, inputs: Inputs, watch: Watch) -> str:
        return self._client.submit(
            inputs.content,
            inputs.styles,
            self._settings,
            mask=inputs.mask,
            initial=inputs.initial,
            title=order.content.name,
            arithmetic=self._arithmetic,
            on_job=partial(watch.begun, order),
        )

    def _listen(self, watch: Watch) -> Iterator[Outcome]:
        for event in self._client.wait(POLL_SECONDS):
            if isinstance(event, events.Disconnected):
                first = next(iter(self._sent.values()), None)
                self._sent.clear()
                if first is None:
                    raise event.error
                yield Outcome(first.order, error=event.error)
                return
            sent = self._sent.get(getattr(event, "job", ""))
            if sent is None:
                continue  # a job that was discarded
            match event:
                case events.Finished():
                    del self._sent[event.job]
                    yield Outcome(sent.order, event, sent.kept)
                case events.Failed():
                    del self._sent[event.job]
                    yield Outcome(sent.order, error=event.error)
                case events.Discarded():
                    del self._sent[event.job]
                    yield Outcome(sent.order)
                case _:
                    watch.heard(sent.order, event)

    def _stop(self, *, keep: bool) -> None:
        """End what is being painted; with ``keep``, the oldest picture is kept as it is."""
        for oldest in list(self._sent)[:1]:
            self._discard(list(self._sent)[1:])
            self._client.cancel(oldest, keep=keep)

    def _discard(self, jobs: Iterable[str]) -> None:
        """Discard jobs, unless the daemon has gone."""
        for job in jobs:
            with contextlib.suppress(DaemonUnreachable):
                self._client.cancel(job, keep=False)
            self._sent.pop(job, None)
