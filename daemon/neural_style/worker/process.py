"""The worker's two threads: one talks to the service, one computes.

The talking thread answers at once whatever the computing one does, so a cancel is heard in the
middle of an evaluation and acted on at its end.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import zmq

from neural_style.jobstore import worker_messages
from neural_style.jobstore.worker_messages import Beat, Pause, Ready, Run, Unready
from neural_style.worker.stop import Stop
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import Cancel, Shutdown
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import NeuralStyleError, WorkerError
from neural_style_protocol.estimates import AskEstimate, Estimate
from neural_style_protocol.paths import Home

log = logging.getLogger(__name__)

TICK_MS = 1_000
OUTBOX = "inproc://outbox"


class RunsJobs(Protocol):
    """What computes, in the thread that made it; ``estimate`` alone is for the talking one too."""

    device: str

    def run(self, run: Run, stop: Stop) -> None:
        """Compute ``run`` until its end, or until ``stop`` is requested."""

    def estimate(self, question: AskEstimate) -> Estimate:
        """The answer, at once, with no time in it if that takes a measurement first.

        It neither computes nor loads anything.
        """

    def measure(self, question: AskEstimate, should_stop: Callable[[], bool]) -> None:
        """Measure what the answer lacks, in seconds, or until ``should_stop``."""


MakeRunner: TypeAlias = "Callable[[Home, Send], RunsJobs]"
Send: TypeAlias = "Callable[[Message, Sequence[bytes]], None]"


@dataclass
class WorkerInbox:
    """What lies between the threads: the computing one's work, and who does it.

    ``waiting`` is what the computing thread does next. ``given`` counts the jobs that were put
    there, ``done`` those that are over.
    """

    waiting: queue.SimpleQueue[tuple[Run, Stop] | AskEstimate] = field(
        default_factory=queue.SimpleQueue
    )
    runner: RunsJobs | None = None
    given: int = 0
    done: int = 0

    def give(self, run: Run, stop: Stop) -> None:
        self.given += 1
        self.waiting.put((run, stop))

    def answer(self, question: AskEstimate) -> Estimate | ErrorReply | None:
        """The answer now; None if a thread with nothing else to do is to find it."""
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
    """Serve the service at ``endpoint`` until it says shutdown or is gone.

    Args:
        endpoint: the service's address.
        home: the product's folder.
        make_runner: loads the network; it may take its time.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    context = zmq.Context()
    service = context.socket(zmq.PAIR)
    service.linger = 0
    service.connect(endpoint)
    inbox = WorkerInbox()
    outbox = context.socket(zmq.PULL)
    outbox.bind(OUTBOX)
    threading.Thread(target=_compute, args=(context, home, inbox, make_runner), daemon=True).start()
    _talk(service, outbox, inbox)
    # Not sys.exit: the computing thread may be inside a long evaluation.
    os._exit(0)


def _talk(service: zmq.Socket[bytes], outbox: zmq.Socket[bytes], inbox: WorkerInbox) -> None:
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
                    pulse = sum(stop.looks for stop in stops.values())
                    service.send_multipart(worker_messages.encode(Beat(pulse)))
                case Run():
                    stops = {message.job: Stop()}
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
    """The computing thread's way to the service."""

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
        outbox.send(Unready(error.code, error.sentence, error.next_step))
        return
    except Exception as error:
        log.exception("cannot start")
        outbox.send(Unready("worker", f"The computing process cannot start ({error}).", ""))
        return
    inbox.runner = runner
    outbox.send(Ready(runner.device))
    while True:
        match inbox.waiting.get():
            case (run, stop):
                _run(runner, run, stop, outbox)
                inbox.done += 1
            case question:
                outbox.send(_measured_answer(runner, question, lambda: not inbox.waiting.empty()))


def _run(runner: RunsJobs, run: Run, stop: Stop, outbox: Outbox) -> None:
    try:
        runner.run(run, stop)
    except NeuralStyleError as error:
        log.warning("job %s: %s", run.job, error)
        outbox.send(ErrorReply.of(error, job=run.job))
    except Exception as error:
        log.exception("job %s", run.job)
        failure = WorkerError(f"This picture could not be computed ({error}).")
        outbox.send(ErrorReply.of(failure, job=run.job))


def _measured_answer(
    runner: RunsJobs, question: AskEstimate, is_wanted: Callable[[], bool]
) -> Estimate | ErrorReply:
    """With its time, unless there is work to do before that is measured."""
    try:
        runner.measure(question, is_wanted)
    except Exception:
        log.exception("the speed cannot be measured")  # the answer has all but the time
    return _answer(runner, question)


def _answer(runner: RunsJobs, question: AskEstimate) -> Estimate | ErrorReply:
    try:
        return runner.estimate(question)
    except NeuralStyleError as error:
        return ErrorReply.of(error, ticket=question.ticket)
    except Exception as error:
        log.exception("estimate")
        failure = WorkerError(f"The estimate failed ({error}).")
        return ErrorReply.of(failure, ticket=question.ticket)
