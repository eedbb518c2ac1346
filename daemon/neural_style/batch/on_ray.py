"""Paints orders on a cluster of Ray: an actor with a network of its own on each card or processor.

Only the command that asks for it starts or joins a cluster, never the daemon, because Ray listens
on all of a machine's addresses. Its token is always required, and it reports to nobody.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from neural_style.batch.order import Inputs, Order, Outcome, Watch
from neural_style.picture_files.loaded import KeptMetadata
from neural_style_protocol import events
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import (
    DaemonError,
    DaemonUnreachable,
    InputError,
    NeuralStyleError,
    WorkerError,
)
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

SCHEME = "ray"
TRIES = 3
"""A picture fails when its actor has died so many times. Ray starts an actor again each time."""

POLL_SECONDS = 0.2
START_SECONDS = 300.0
"""How long a cluster may take to start the first actor, which loads its network."""


class Actor:
    """What Ray starts on each card or processor; it loads torch there, and not in the command."""

    def __init__(self, threads: int, beside: int) -> None:
        from neural_style.worker.single import SinglePainter

        self._painter = SinglePainter(threads, beside)

    def arithmetic(self, settings: Settings) -> str | ErrorReply:
        """See :meth:`neural_style.worker.single.SinglePainter.arithmetic`."""
        return self._painter.arithmetic(settings)

    def paint(
        self,
        settings: Settings,
        arithmetic: str,
        roles: Sequence[tuple[str, float]],
        *pictures: Picture,
    ) -> events.Finished | ErrorReply:
        """See :meth:`neural_style.worker.single.SinglePainter.paint`.

        Args:
            roles: and weights of the ``pictures``, which Ray fetches from its store only where they
                are arguments by themselves.
        """
        found = [
            (role, picture, weight) for (role, weight), picture in zip(roles, pictures, strict=True)
        ]
        return self._painter.paint(found, settings, arithmetic)


@dataclass(frozen=True)
class Layout:
    """How a cluster's machines are divided.

    Attributes:
        actors: how many there are.
        cards: of each actor, 1 or 0.
        processors: of each actor.
        beside: how many actors the largest machine has.
    """

    actors: int
    cards: int
    processors: int
    beside: int

    @classmethod
    def of(cls, machines: Sequence[dict[str, float]], processors: int) -> Layout:
        """An actor for each card or, without cards, for each ``processors`` of a machine.

        Args:
            machines: the resources of each, ``CPU`` and ``GPU`` among them.
        """
        cards = [int(machine.get("GPU", 0)) for machine in machines]
        if any(cards):
            return cls(sum(cards), 1, processors, max(cards))
        each = [int(machine.get("CPU", 0)) // processors for machine in machines]
        return cls(sum(each), 0, processors, max(1, *each, 1))


@dataclass(frozen=True)
class _Sent:
    """An order that an actor has, and what is saved with its picture."""

    order: Order
    actor: Any
    kept: KeptMetadata


@dataclass
class RayPainter:
    """A :class:`~neural_style.batch.order.Painter`. Each actor takes an order when it is free."""

    ray: Any
    actors: Sequence[Any]
    settings: Settings
    arithmetic: str
    sent: dict[Any, _Sent] = field(default_factory=dict)

    def paint(
        self, orders: Iterable[Order], watch: Watch, interruptions: Callable[[], int]
    ) -> Generator[Outcome, None, None]:
        """See :meth:`neural_style.batch.order.Painter.paint`."""
        waiting, idle = iter(orders), list(self.actors)
        while not interruptions():
            while idle:
                order = next(waiting, None)
                if order is None:
                    break
                try:
                    inputs = order.load()
                    watch.begun(order, "")
                except NeuralStyleError as error:
                    yield Outcome(order, error=error)
                    continue
                self._start(order, inputs, idle.pop())
            if not self.sent:
                return
            ready, _ = self.ray.wait(list(self.sent), timeout=POLL_SECONDS)
            for answer in ready:
                sent = self.sent.pop(answer)
                idle.append(sent.actor)
                yield self._outcome(answer, sent)

    def saved(self, outcome: Outcome) -> None:
        """Nothing is kept elsewhere."""

    def _start(self, order: Order, inputs: Inputs, actor: Any) -> None:
        roles = [("content", 1.0), *(("style", weight) for _, weight in inputs.styles)]
        pictures = [inputs.content, *(picture for picture, _ in inputs.styles)]
        stored = [self.ray.put(picture) for picture in pictures]
        answer = actor.paint.remote(self.settings, self.arithmetic, roles, *stored)
        self.sent[answer] = _Sent(order, actor, inputs.kept)

    def _outcome(self, answer: Any, sent: _Sent) -> Outcome:
        """What an actor has answered, or why it has not."""
        try:
            found = self.ray.get(answer)
        except self.ray.exceptions.RayError as problem:
            return Outcome(sent.order, error=_died(problem))
        if isinstance(found, ErrorReply):
            return Outcome(sent.order, error=found.exception())
        return Outcome(sent.order, found, sent.kept)


@dataclass(frozen=True)
class RayPlace:
    """A :class:`~neural_style.batch.order.Place`: the actors of a cluster."""

    ray: Any
    actors: Sequence[Any]

    def arithmetic(self, settings: Settings) -> str:
        """See :meth:`neural_style.batch.order.Place.arithmetic`."""
        try:
            found = self.ray.get(self.actors[0].arithmetic.remote(settings), timeout=START_SECONDS)
        except self.ray.exceptions.RayError as problem:
            raise _no_actor(problem) from problem
        if isinstance(found, ErrorReply):
            raise found.exception()
        return str(found)

    def painter(self, settings: Settings, arithmetic: str) -> RayPainter:
        """See :meth:`neural_style.batch.order.Place.painter`."""
        return RayPainter(self.ray, self.actors, settings, arithmetic)


@contextlib.contextmanager
def cluster(address: str, processors: int) -> Iterator[RayPlace]:
    """The cluster at ``address``, or one of this machine alone for ``ray``, until the block ends.

    Args:
        address: ``ray`` or ``ray://HOST``, with a port perhaps.
        processors: of each actor.

    Raises:
        InputError: Ray is not installed, the cluster's token is not here, or it is too small.
        DaemonError: the cluster cannot be started or reached.
    """
    is_local = address == SCHEME
    _secure(os.environ, is_local=is_local)
    ray = _imported_ray()
    with contextlib.redirect_stdout(_OfThisThread(sys.stdout)):
        try:
            layout = Layout.of(_joined(ray, address, is_local=is_local), processors)
            if not layout.actors:
                raise InputError(
                    "No machine of the cluster has {count} processors.",
                    next_step="Give a smaller number.",
                    count=processors,
                )
            made = ray.remote(
                num_gpus=layout.cards,
                num_cpus=processors,
                max_restarts=-1,
                max_task_retries=TRIES - 1,
            )(Actor)
            actors = [made.remote(processors, layout.beside) for _ in range(layout.actors)]
            yield RayPlace(ray, actors)
        finally:
            ray.shutdown()


def _joined(ray: Any, address: str, *, is_local: bool) -> list[dict[str, float]]:
    """Start or join a cluster; returns what its machines have.

    Raises:
        DaemonUnreachable: it cannot be started or reached.
    """
    try:
        with _own_signals():
            ray.init(**_arguments(address, is_local=is_local))
        return [node["Resources"] for node in ray.nodes() if node["Alive"]]
    except Exception as problem:  # Ray raises all kinds of exceptions
        raise DaemonUnreachable(
            "The cluster {address} cannot be used ({reason}).",
            next_step="Check that it runs, and that its versions of Python and Ray are the same.",
            address=address,
            reason=_first_line(problem),
        ) from problem


class _OfThisThread(io.TextIOBase):
    """Standard output for the thread that made it. What others write goes to standard error.

    A thread of Ray tells there of retries and the like, and would spoil an answer in JSON.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._thread = stream, threading.current_thread()

    def _chosen(self) -> TextIO:
        is_own = threading.current_thread() is self._thread
        return self._stream if is_own or sys.stderr is None else sys.stderr

    def write(self, text: str) -> int:
        return self._chosen().write(text)

    def flush(self) -> None:
        self._chosen().flush()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding


def _secure(environment: MutableMapping[str, str], *, is_local: bool) -> None:
    """Require the token, and switch the reports off, before Ray is imported.

    Raises:
        InputError: the cluster's token is not on this machine.
    """
    environment["RAY_AUTH_MODE"] = "token"
    environment["RAY_USAGE_STATS_ENABLED"] = "0"
    if is_local:
        environment["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
        environment.setdefault("RAY_worker_niceness", "0")  # 15 would be for work of no hurry
        return
    named = environment.get("RAY_AUTH_TOKEN_PATH")
    file = Path(named) if named else Path.home() / ".ray" / "auth_token"
    if not environment.get("RAY_AUTH_TOKEN") and not file.is_file():
        raise InputError(
            "The cluster's token is not on this machine.",
            next_step="Copy it from the cluster's first machine to {file}.",
            file=file,
        )


def _imported_ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise InputError(
            "Ray is not installed.",
            next_step="Install it with `{command}`, or paint without --on.",
            command=f"{sys.executable} -m pip install 'ray[client]>=2.52,<3'",
        ) from error
    return ray


def _arguments(address: str, *, is_local: bool) -> dict[str, Any]:
    """What Ray is asked for: no page to look at, and no words of its own."""
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if not is_local:
        return {"address": address, **quiet}
    return {"address": "local", "include_dashboard": False, **quiet}


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Keep this program's answer to SIGTERM, which Ray replaces by its own."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _died(problem: Exception) -> WorkerError:
    return WorkerError(
        "The computing process stopped in the middle of this picture ({reason}).",
        reason=_first_line(problem),
    )


def _first_line(problem: Exception) -> str:
    return str(problem).strip().split("\n")[0]


def _no_actor(problem: Exception) -> DaemonError:
    return DaemonError(
        "The cluster starts no computing process ({reason}).",
        next_step="Check that Neural Style is installed on all of its machines.",
        reason=_first_line(problem),
    )
