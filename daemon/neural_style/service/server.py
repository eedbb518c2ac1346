"""The service's main loop, which answers the clients and supervises the workers.

Nothing in the loop blocks: pictures are sent in chunks, and a client that does not read its
messages is disconnected.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable

import zmq

from neural_style.service.estimates import Estimates
from neural_style.service.history import History
from neural_style.service.jobs import Held, Jobs
from neural_style.service.ledger import Ledger
from neural_style.service.limits import Limits
from neural_style.service.places import Place
from neural_style.service.requests import Requests
from neural_style.service.sessions import Sessions
from neural_style.service.subscribers import Subscribers
from neural_style.service.supervisor import Supervisor
from neural_style.service.worker_link import WorkerLink
from neural_style.service.worker_seat import WorkerSeat
from neural_style_protocol import __version__, daemon_messages
from neural_style_protocol.fields import MAX_TEXT

log = logging.getLogger(__name__)

TICK_MS = 500
BURST = 64
"""Most messages of clients that are handled before the workers'."""


class Server:
    """Serves the clients on the bound ROUTER ``front`` with workers and ``history``.

    Args:
        make_link: makes the link to the worker of that number.
        workers: how many there are; None for one on each graphics card.
    """

    def __init__(
        self,
        front: zmq.Socket[bytes],
        make_link: Callable[[int], WorkerLink],
        history: History,
        limits: Limits,
        workers: int | None = None,
    ) -> None:
        self._front = front
        self._limits = limits
        self._jobs = Jobs(limits)
        self._sessions = Sessions(limits)
        self._subscribers = Subscribers(front, self._sessions, self._jobs)
        self._ledger = Ledger(self._jobs, history, self._subscribers)
        self._make_link = make_link
        self._questions = questions = Estimates(self._subscribers)
        self._supervisor = Supervisor(
            self._make_seat, self._jobs, self._ledger, self._subscribers, questions, workers
        )
        self._requests = Requests(
            self._jobs,
            history,
            self._ledger,
            self._subscribers,
            self._supervisor,
            questions,
            self._status,
            self.end,
        )
        self._began = time.monotonic()
        self._last_client = self._began
        self._ending = False

    def run(self) -> None:
        """Serve until a ``shutdown`` message, a call of :meth:`end`, or a long time without use."""
        self._ledger.load()
        self._supervisor.expect_work()
        while not self._ending:
            self._wait()
            self._answer_clients()
            self._supervisor.work()
            self._forget_silent_clients()
            self._end_if_unused()
        self._supervisor.close(self._limits.stop_grace)
        self._subscribers.say_goodbye()

    def end(self) -> None:
        """End the loop after this turn; safe in a signal handler."""
        self._ending = True

    def end_workers(self) -> None:
        """End the workers that are left, after the loop or in place of its end."""
        self._supervisor.end_workers()

    def _make_seat(self, number: int, place: Place) -> WorkerSeat:
        held = Held()
        self._jobs.held.append(held)
        return WorkerSeat(
            self._make_link(number),
            held,
            self._ledger,
            self._subscribers,
            self._questions.deliver,
            self._limits,
            place,
        )

    def _wait(self) -> None:
        poller = zmq.Poller()
        poller.register(self._front, zmq.POLLIN)
        for seat in self._supervisor.seats:
            if seat.link.socket is not None:
                poller.register(seat.link.socket, zmq.POLLIN)
        poller.poll(TICK_MS)

    def _answer_clients(self) -> None:
        for _ in range(BURST):
            try:
                identity, *frames = self._front.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._requests.answer(identity, frames)

    def _forget_silent_clients(self) -> None:
        for session in self._sessions.silent():
            log.info("client %r is silent and is let go", session.name)
            self._subscribers.disconnect(session.identity)
        self._ledger.drop_orphaned_uploads()

    def _end_if_unused(self) -> None:
        now = time.monotonic()
        if len(self._sessions) or self._jobs.unfinished:
            self._last_client = now
        if now - self._last_client > self._limits.exit_after:
            log.info("ends after %.0f seconds without any use", now - self._last_client)
            self.end()

    def _status(self) -> daemon_messages.Status:
        problem = self._supervisor.problem
        seats = self._supervisor.seats
        worker = next((seat for seat in seats if seat.pid), seats[0]).link
        return daemon_messages.Status(
            state=self._supervisor.state,
            daemon_version=__version__,
            pid=os.getpid(),
            worker_pid=worker.pid,
            uptime=time.monotonic() - self._began,
            device=worker.device,
            problem=str(problem)[:MAX_TEXT] if problem else "",
            clients=len(self._sessions),
            jobs=tuple(job.line() for job in self._jobs.unfinished),
            cards=self._supervisor.cards,
            workers=tuple(seat.line for seat in seats),
        )
