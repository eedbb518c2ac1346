"""The worker's two threads: one handles messages of the service, one computes.

The message thread never waits for the computing thread. So a cancel arrives during an evaluation,
and takes effect after it.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeAlias

import zmq

from neural_style.jobstore import worker_address, worker_messages
from neural_style.jobstore.worker_messages import Beat, Cards, Pause, Ready, Run, Unready
from neural_style.worker.stop import Stop
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import Cancel, Shutdown
from neural_style_protocol.daemon_messages import CardLine, ErrorReply
from neural_style_protocol.errors import NeuralStyleError, WorkerError
from neural_style_protocol.estimates import AskEstimate, Estimate
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import reason

log = logging.getLogger(__name__)

TICK_MS = 1_000
OUTBOX = "inproc://outbox"


DEVICE_LOST_STATUS = 3
"""The exit status of a worker whose graphics card has failed."""


class DeviceLost(Exception):
    """The graphics card has failed. It fails until this process ends, and may work in the next."""


class JobRunner(Protocol):
    """Computes, in the thread that made it. Only ``estimate`` may run in both threads.

    ``run`` and ``measure`` may raise :class:`DeviceLost`.
    """

    device: str
    """What computes, for users."""
    card: str
    """The same as a value of the setting *Device*."""

    def cards(self) -> tuple[CardLine, ...]:
        """The graphics cards that this process sees, as they are now."""

    def run(self, run: Run, stop: Stop, between: Callable[[], None] = lambda: None) -> None:
        """Compute ``run`` to its end, or until ``stop`` is requested.

        ``between`` is called again and again, where this may wait while another job is computed.
        """

    def has_room_for(self, run: Run) -> bool:
        """Whether ``run`` fits into the memory beside the job that is being computed."""

    def estimate(self, question: AskEstimate) -> Estimate:
        """The estimate, at once; its time is None if the speed has not been measured.

        This computes and loads nothing.
        """

    def measure(self, question: AskEstimate, should_stop: Callable[[], bool]) -> None:
        """Measure the speed for such a picture, which takes seconds, unless ``should_stop``."""


MakeRunner: TypeAlias = "Callable[[Home, Send], JobRunner]"
Send: TypeAlias = "Callable[[Message, Sequence[bytes]], None]"


@dataclass
class WorkerInbox:
    """Passes work from the message thread to the computing thread.

    ``waiting`` is the queue of jobs and questions. A job that comes while another one is computed
    is a preview, and is computed at a step of that one. ``given`` counts the jobs that were put
    there, ``done`` those that have ended. ``runner`` is None while the network is loading.
    """

    waiting: queue.SimpleQueue[tuple[Run, Stop] | AskEstimate] = field(
        default_factory=queue.SimpleQueue
    )
    runner: JobRunner | None = None
    given: int = 0
    done: int = 0

    def give(self, run: Run, stop: Stop) -> None:
        self.given += 1
        self.waiting.put((run, stop))

    def answer(self, question: AskEstimate) -> Estimate | ErrorReply | None:
        """The answer, or None if the computing thread will send it.

        The computing thread answers if it is loading, or if it is idle and must measure first.
        """
        if self.runner is None:
            self.waiting.put(question)
            return None
        reply = _answer(self.runner, question)
        unmeasured = isinstance(reply, Estimate) and reply.seconds is None
        if unmeasured and self.given == self.done:
            self.waiting.put(question)
            return None
        return reply


def work(endpoint: str, home: Home, make_runner: MakeRunner) -> None:
    """Handle messages of the service at ``endpoint`` until ``shutdown``, or until it has ended.

    Args:
        endpoint: the service's address.
        home: the product's folder.
        make_runner: loads the network, in the computing thread; may take seconds.
    """
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(message)s"
    )
    context = zmq.Context()
    service = context.socket(zmq.PAIR)
    service.linger = 0
    worker_address.connect(service, endpoint)
    inbox = WorkerInbox()
    outbox = context.socket(zmq.PULL)
    outbox.bind(OUTBOX)
    threading.Thread(target=_compute, args=(context, home, inbox, make_runner), daemon=True).start()
    _handle_messages(service, outbox, inbox)
    # Not sys.exit: the computing thread may be inside a long evaluation.
    os._exit(0)


def _handle_messages(
    service: zmq.Socket[bytes], outbox: zmq.Socket[bytes], inbox: WorkerInbox
) -> None:
    parent = os.getppid()
    stops: dict[str, Stop] = {}
    poller = zmq.Poller()
    poller.register(service, zmq.POLLIN)
    poller.register(outbox, zmq.POLLIN)
    while os.getppid() == parent:
        ready = dict(poller.poll(TICK_MS))
        if outbox in ready:
            service.send_multipart(outbox.recv_multipart(), copy=False)
        if service in ready:
            message, _ = worker_messages.decode(service.recv_multipart())
            match message:
                case Beat():
                    pulse = sum(stop.checks for stop in stops.values())
                    service.send_multipart(worker_messages.encode(Beat(pulse)))
                case Run():
                    stops = {job: stop for job, stop in stops.items() if not stop.is_over}
                    stops[message.job] = Stop()
                    inbox.give(message, stops[message.job])
                case Cancel() if message.job in stops:
                    stops[message.job].request("keep" if message.keep else "discard")
                case Pause() if message.job in stops:
                    stops[message.job].request("pause")
                case AskEstimate():
                    if (answer := inbox.answer(message)) is not None:
                        service.send_multipart(worker_messages.encode(answer))
                case Shutdown():
                    return


class Outbox:
    """Sends messages from the computing thread to the service, through the message thread."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        self._socket = context.socket(zmq.PUSH)
        self._socket.connect(OUTBOX)

    def send(self, message: Message, pictures: Sequence[bytes] = ()) -> None:
        self._socket.send_multipart(worker_messages.encode(message, pictures), copy=False)


def _compute(
    context: zmq.Context[zmq.Socket[bytes]],
    home: Home,
    inbox: WorkerInbox,
    make_runner: MakeRunner,
) -> None:
    outbox = Outbox(context)
    try:
        runner = make_runner(home, outbox.send)
    except NeuralStyleError as error:
        outbox.send(Unready.of(error))
        return
    except Exception as error:
        log.exception("cannot start")
        failure = WorkerError(
            "The computing process cannot start ({reason}).", next_step="", reason=reason(error)
        )
        outbox.send(Unready.of(failure))
        return
    inbox.runner = runner
    outbox.send(Cards(runner.cards()))
    outbox.send(Ready(runner.device, runner.card))
    while True:
        match inbox.waiting.get():
            case (run, stop):
                between = partial(_make_way, runner, stop, inbox, outbox)
                _run(runner, run, stop, inbox, outbox, between)
                outbox.send(Cards(runner.cards()))
            case question:
                outbox.send(
                    _measure_and_answer(runner, question, lambda: not inbox.waiting.empty())
                )


def _make_way(runner: JobRunner, stop: Stop, inbox: WorkerInbox, outbox: Outbox) -> None:
    """Compute the previews that wait, at a step of the job of ``stop``.

    If the memory is not enough for both, the job is saved and ended instead; the service sends it
    again.
    """
    while not (inbox.waiting.empty() or stop.requested):
        match inbox.waiting.get():
            case (run, its_stop) if runner.has_room_for(run):
                _run(runner, run, its_stop, inbox, outbox)
            case (run, its_stop):
                inbox.waiting.put((run, its_stop))
                stop.request("pause")
            case question:
                outbox.send(_answer(runner, question))


def _run(
    runner: JobRunner,
    run: Run,
    stop: Stop,
    inbox: WorkerInbox,
    outbox: Outbox,
    between: Callable[[], None] = lambda: None,
) -> None:
    try:
        runner.run(run, stop, between)
    except DeviceLost:
        _end_without_card()
    except NeuralStyleError as error:
        log.warning("job %s: %s", run.job, error)
        outbox.send(ErrorReply.of(error, job=run.job))
    except Exception as error:
        log.exception("job %s", run.job)
        failure = WorkerError(
            "This picture could not be computed ({reason}).", reason=reason(error)
        )
        outbox.send(ErrorReply.of(failure, job=run.job))
    stop.is_over = True
    inbox.done += 1


def _end_without_card() -> None:
    """End the process; the service starts another, which goes on with the job."""
    log.exception("the graphics card has failed")
    logging.shutdown()
    os._exit(DEVICE_LOST_STATUS)


def _measure_and_answer(
    runner: JobRunner, question: AskEstimate, should_stop: Callable[[], bool]
) -> Estimate | ErrorReply:
    """Measure the speed unless ``should_stop``, and answer the question."""
    try:
        runner.measure(question, should_stop)
    except DeviceLost:
        _end_without_card()
    except Exception:
        log.exception("the speed cannot be measured")  # the answer then has no time
    return _answer(runner, question)


def _answer(runner: JobRunner, question: AskEstimate) -> Estimate | ErrorReply:
    try:
        return runner.estimate(question)
    except NeuralStyleError as error:
        return ErrorReply.of(error, ticket=question.ticket)
    except Exception as error:
        log.exception("estimate")
        failure = WorkerError("The estimate failed ({reason}).", reason=reason(error))
        return ErrorReply.of(failure, ticket=question.ticket)
