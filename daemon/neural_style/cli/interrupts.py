"""Ctrl-C and SIGTERM while a picture is painted: counted, so that once and twice can differ."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """How often the person has asked for an end."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, number: int, frame: FrameType | None) -> None:
        self.count += 1


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Count SIGINT and SIGTERM instead of ending.

    One that this process was started to ignore stays ignored: a script's background job is not
    meant by the Ctrl-C that ends something else.
    """
    counted = Interrupts()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    heard = {number: old for number, old in before.items() if old is not signal.SIG_IGN}
    for number in heard:
        signal.signal(number, counted.add)
    try:
        yield counted
    finally:
        for number, old in heard.items():
            signal.signal(number, old)
