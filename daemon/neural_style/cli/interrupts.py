"""Counts Ctrl-C and SIGTERM while a picture is painted: the second one has another effect."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """The number of signals so far."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, number: int, frame: FrameType | None) -> None:
        self.count += 1


@contextmanager
def counted_interrupts() -> Iterator[Interrupts]:
    """Count SIGINT and SIGTERM instead of exiting.

    A signal that this process was started to ignore stays ignored. Otherwise Ctrl-C for another
    program would stop a script's background job.
    """
    counted = Interrupts()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    handled = {number: old for number, old in before.items() if old is not signal.SIG_IGN}
    for number in handled:
        signal.signal(number, counted.add)
    try:
        yield counted
    finally:
        for number, old in handled.items():
            signal.signal(number, old)
