"""The link to the worker where the system does not do what it should."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from neural_style.service.limits import Limits
from neural_style.service.worker_link import WorkerLink
from neural_style_protocol.errors import WorkerError
from neural_style_protocol.paths import Home

SLEEPS = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture
def link(tmp_path: Path) -> Iterator[WorkerLink]:
    context = zmq.Context()
    made = WorkerLink(context, Home(tmp_path), Limits(), SLEEPS)
    yield made
    made.close()
    context.term()


def test_a_worker_that_cannot_be_killed_is_left_behind(
    link: WorkerLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that is stuck in a driver: the next is started all the same."""
    link.start()
    process, real_wait = link._process, subprocess.Popen.wait
    assert process is not None
    stuck = process.pid
    waits: list[float | None] = []

    def wait(waited: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if waited is not process:
            return real_wait(waited, timeout)
        waits.append(timeout)
        assert timeout is not None, "the service would wait for ever"
        raise subprocess.TimeoutExpired("worker", timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", wait)
    link.kill()
    assert len(waits) == 1
    assert (link.state, link.pid) == ("stopped", 0)
    link.start()
    assert link.pid not in (0, stuck)
    real_wait(process, 60)  # in truth it has ended


def test_a_process_that_the_system_does_not_start_is_an_error_in_words(
    link: WorkerLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_more: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    with monkeypatch.context() as without_processes:
        without_processes.setattr(subprocess, "Popen", refuse)
        with pytest.raises(WorkerError, match="cannot start") as refused:
            link.start()
    assert refused.value.next_step
    assert (link.state, link.pid, link.socket) == ("stopped", 0, None)
    link.start()
    assert link.pid != 0
