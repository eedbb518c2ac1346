"""The queue between the program's thread and a thread at a pipe."""

from __future__ import annotations

import threading

from neural_style_protocol.bridge.mailbox import Mailbox


def test_items_come_in_their_order_and_no_more_than_there_is_room_for() -> None:
    box = Mailbox[int](2)
    assert [box.offer(item) for item in (1, 2, 3)] == [True, True, False]
    assert [box.take(), box.take(), box.take()] == [1, 2, None]


def test_a_thread_waits_for_room() -> None:
    box = Mailbox[int](1)
    count = 200
    most: list[int] = []

    def fill() -> None:
        for item in range(count):
            assert box.put(item)
            most.append(len(box._items))
        box.close()

    filler = threading.Thread(target=fill)
    filler.start()
    assert list(box) == list(range(count))
    filler.join()
    assert max(most) <= 1


def test_a_closed_one_gives_what_it_has_and_takes_no_more() -> None:
    box = Mailbox[int](3)
    box.put(1)
    box.close()
    assert not box.is_over
    assert not box.put(2)
    assert box.offer(2)  # as a message to a program that has gone
    assert list(box) == [1]
    assert box.is_over


def test_closing_frees_those_that_wait() -> None:
    box = Mailbox[int](1)
    box.put(1)
    waiting = threading.Thread(target=lambda: box.put(2))
    waiting.start()
    box.close()
    waiting.join()
    empty = Mailbox[int](1)
    reading = threading.Thread(target=lambda: list(empty))
    reading.start()
    empty.close()
    reading.join()
    empty.wait()
