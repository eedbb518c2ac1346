"""What a painter is asked for, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from neural_style.picture_files.loaded import KeptMetadata
from neural_style_protocol import events
from neural_style_protocol.errors import InputError, NeuralStyleError, WorkerError
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings


@dataclass(frozen=True)
class Inputs:
    """The pictures for :meth:`neural_style_protocol.client.Client.submit`.

    ``kept`` is not sent; it is saved with the result.
    """

    content: Picture
    kept: KeptMetadata
    styles: tuple[tuple[Picture, float], ...]
    mask: Picture | None = None
    initial: Picture | None = None


@dataclass(frozen=True)
class Order:
    """One picture to paint.

    Attributes:
        number: its place among all, from 0.
        load: reads the pictures when their turn comes; raises what is wrong with them.
        job: the job in which an earlier run had it painted; empty if there is none.
    """

    number: int
    content: Path
    output: Path
    load: Callable[[], Inputs]
    job: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of an order: the picture, an error, or neither if its job was discarded."""

    order: Order
    finished: events.Finished | None = None
    kept: KeptMetadata | None = None
    error: NeuralStyleError | None = None


class Watch(Protocol):
    """Hears what happens to the orders."""

    def begun(self, order: Order, job: str) -> None:
        """``order`` is being painted from now on, in the daemon's ``job``, if it is the daemon."""

    def heard(self, order: Order, event: events.Event) -> None:
        """``event`` has happened on the way to the picture."""


class Painter(Protocol):
    """Paints orders, several at a time."""

    def paint(
        self, orders: Iterable[Order], watch: Watch, interruptions: Callable[[], int]
    ) -> Generator[Outcome, None, None]:
        """The outcomes, each as soon as it is there; an order is taken when there is room for it.

        Args:
            interruptions: how many times the user has asked to stop so far. From then on no order
                is taken, and those that are being painted are discarded.

        Raises:
            NeuralStyleError: no more pictures can be painted.
        """

    def saved(self, outcome: Outcome) -> None:
        """The picture of ``outcome`` is in a file, and need not be kept elsewhere."""


class Place(Protocol):
    """Where pictures are painted."""

    def arithmetic(self, settings: Settings) -> str:
        """The arithmetic that is chosen there for ``settings``.

        Raises:
            NeuralStyleError: it cannot be told.
        """

    def painter(self, settings: Settings, arithmetic: str) -> Painter:
        """Who paints there, in that arithmetic."""


def affects_all(error: NeuralStyleError | None) -> bool:
    """Whether the next picture would fail too, for example because the disk is full."""
    return error is not None and not isinstance(error, (InputError, WorkerError))
