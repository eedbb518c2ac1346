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
from typing import Protocol, TypeAlias

import zmq

from neural_style.worker import messages
from neural_style.worker.messages import Beat, Pause, Ready, Run, Unready
from neural_style.worker.stop import Stop
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import Cancel, Shutdown
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import NeuralStyleError, WorkerError
from neural_style_protocol.paths import Home

log = logging.getLogger(__name__)

TICK_MS = 1_000
OUTBOX = "inproc://outbox"

Inbox: TypeAlias = "queue.SimpleQueue[tuple[Run, Stop]]"


class RunsJobs(Protocol):
    """What computes: made and used in one thread only."""

    device: str

    def run(self, run: Run, stop: Stop) -> None:
        """Compute ``run`` until its end, or until ``stop`` is requested."""


MakeRunner: TypeAlias = "Callable[[Home, Send], RunsJobs]"
Send: TypeAlias = "Callable[[Message, Sequence[bytes]], None]"


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
    inbox: Inbox = queue.SimpleQueue()
    outbox = context.socket(zmq.PULL)
    outbox.bind(OUTBOX)
    threading.Thread(target=_compute, args=(context, home, inbox, make_runner), daemon=True).start()
    _talk(service, outbox, inbox)
    # Not sys.exit: the computing thread may be inside a long evaluation.
    os._exit(0)


def _talk(
    service: zmq.Socket[bytes],
    outbox: zmq.Socket[bytes],
    inbox: Inbox,
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
            message, _ = messages.decode(service.recv_multipart())
            match message:
                case Beat():
                    service.send_multipart(messages.encode(message))
                case Run():
                    stops = {message.job: Stop()}
                    inbox.put((message, stops[message.job]))
                case Cancel() if message.job in stops:
                    stops[message.job].request("keep" if message.keep else "discard")
                case Pause() if message.job in stops:
                    stops[message.job].request("pause")
                case Shutdown():
                    return


class Outbox:
    """The computing thread's way to the service."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        self._socket = context.socket(zmq.PUSH)
        self._socket.connect(OUTBOX)

    def send(self, message: Message, pictures: Sequence[bytes] = ()) -> None:
        self._socket.send_multipart(messages.encode(message, pictures), copy=False)


def _compute(
    context: zmq.Context[zmq.Socket[bytes]],
    home: Home,
    inbox: Inbox,
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
    outbox.send(Ready(runner.device))
    while True:
        run, stop = inbox.get()
        try:
            runner.run(run, stop)
        except NeuralStyleError as error:
            log.warning("job %s: %s", run.job, error)
            outbox.send(ErrorReply.of(error, job=run.job))
        except Exception as error:
            log.exception("job %s", run.job)
            failure = WorkerError(f"This picture could not be computed ({error}).")
            outbox.send(ErrorReply.of(failure, job=run.job))
