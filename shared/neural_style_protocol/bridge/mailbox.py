"""A queue of limited length between the program's thread and a thread at a pipe."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """At most ``capacity`` items. After :meth:`close` it takes no more, but gives what it has."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._is_closed = False

    def offer(self, item: Item) -> bool:
        """Put ``item`` in, unless there is no room for it; whether there was."""
        with self._changed:
            if not self._is_closed and len(self._items) >= self._capacity:
                return False
            self._put(item)
            return True

    def put(self, item: Item) -> bool:
        """Wait for room and put ``item`` in; whether it still takes items."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or len(self._items) < self._capacity)
            self._put(item)
            return not self._is_closed

    def take(self) -> Item | None:
        """The oldest item; None if there is none."""
        with self._changed:
            if not self._items:
                return None
            self._changed.notify_all()
            return self._items.popleft()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until there is an item, or there can be none any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or bool(self._items), seconds)

    def __iter__(self) -> Iterator[Item]:
        """Wait for each item and take it, until it is closed and empty."""
        while not self.is_over:
            self.wait()
            item = self.take()
            if item is not None:
                yield item

    @property
    def is_over(self) -> bool:
        """Whether it is closed and empty."""
        with self._changed:
            return self._is_closed and not self._items

    def close(self) -> None:
        """Take no more items."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _put(self, item: Item) -> None:
        if not self._is_closed:
            self._items.append(item)
            self._changed.notify_all()
