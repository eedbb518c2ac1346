"""The real worker process with a runner that only pretends; ``ENDPOINT HOME HOW``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from neural_style.jobstore.worker_messages import Run
from neural_style.worker.process import DeviceLost, Send, work
from neural_style.worker.stop import Stop
from neural_style_protocol.daemon_messages import CardLine, Discarded, Paused, Started
from neural_style_protocol.errors import InputError, WeightsError
from neural_style_protocol.estimates import AskEstimate, Estimate
from neural_style_protocol.paths import Home


class FakeRunner:
    """Runs until it is told to stop, or fails as its job's name says."""

    device = "nothing"
    card = ""

    def __init__(self, home: Home, send: Send) -> None:
        how = sys.argv[3]
        if how == "no-weights":
            raise WeightsError("The weights are damaged.")
        if how == "broken":
            raise RuntimeError("no such library")
        time.sleep(1.0 if how == "slow" else 0.0)
        self._send = send
        self._measured = False

    def cards(self) -> tuple[CardLine, ...]:
        return ()

    def run(self, run: Run, stop: Stop, between: Callable[[], None]) -> None:
        stopped_before = stop.requested  # a first check, so that the pulse is not 0 any more
        self._send(Started(run.job), ())
        if run.job == "bad input":
            raise InputError("The picture cannot be used.")
        if run.job == "defect":
            raise ZeroDivisionError("division by zero")
        if run.job == "lost card":
            raise DeviceLost
        while not (stopped_before or stop.requested):
            time.sleep(0.01)
            between()
        answer = Paused(run.job, 1) if stop.action == "pause" else Discarded(run.job + stop.action)
        self._send(answer, ())

    def has_room_for(self, run: Run) -> bool:
        return run.job != "large"

    def estimate(self, question: AskEstimate) -> Estimate:
        if question.height < 16:
            raise InputError("The picture is too small.")
        seconds = 5.0 if self._measured else None
        return Estimate(question.ticket, question.width, 9, "nothing", 0, 1, seconds, 1, 2)

    def measure(self, question: AskEstimate, should_stop: Callable[[], bool]) -> None:
        while question.width == 777 and not should_stop():
            time.sleep(0.01)
        if should_stop():
            return
        if question.width == 555:
            raise DeviceLost
        if question.width == 666:
            raise ZeroDivisionError("division by zero")
        self._measured = True


if __name__ == "__main__":
    work(sys.argv[1], Home(Path(sys.argv[2])), FakeRunner)
