"""The real service with the real worker, on a machine whose graphics card is pretended.

``NEURAL_STYLE_HOME=… python card_daemon.py serve`` starts the service. Each worker that it starts
finds its card in the next state of the file ``card-states.json`` in the home, see :data:`STATES`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from neural_style.service.daemon import serve
from neural_style.service.limits import Limits
from neural_style.worker.process import JobRunner, Send, work
from neural_style_protocol.paths import Home

SELF = (sys.executable, str(Path(__file__).resolve()))
STATES_FILE = "card-states.json"
STEPS_BEFORE = 3
"""Steps that a picture takes before its card fails."""


def write_states(home: Home, *states: str) -> None:
    """Say how each worker will find its card; the last state is that of all further workers."""
    (home.root / STATES_FILE).write_text(json.dumps(states), encoding="utf-8")


def _next_state(home: Home) -> str:
    file = home.root / STATES_FILE
    first, *rest = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(rest or [first]), encoding="utf-8")
    return str(first)


def _load_engine(home: Home, send: Send) -> JobRunner:
    from neural_style.worker.runner import Runner

    class RunnerOnCard(Runner):
        """Keeps the machine pretended, for its thread, until the process ends."""

        def __init__(self) -> None:
            self._machine = STATES[_next_state(home)]()
            self._machine.__enter__()
            super().__init__(home, send, *map(int, sys.argv[4:6]))

    return RunnerOnCard()


def _fine() -> AbstractContextManager[object]:
    from pretended_gpu.card import Card
    from pretended_gpu.machine import pretended

    return pretended(Card())


def _full() -> AbstractContextManager[object]:
    from pretended_gpu.card import Card
    from pretended_gpu.machine import pretended

    return pretended(Card(others_bytes=16 << 30))


def _too_old() -> AbstractContextManager[object]:
    from pretended_gpu.card import Card
    from pretended_gpu.machine import pretended

    def fault(operation: str) -> None:
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device")

    return pretended(Card(fault=fault))


def _failing() -> AbstractContextManager[object]:
    """It fails in the middle of a picture, and then always."""
    from pretended_gpu.card import Card
    from pretended_gpu.machine import pretended

    def states() -> Iterator[bool]:
        steps = 0
        while steps < STEPS_BEFORE:
            steps += (yield False) == "tolist"  # which a picture's steps alone use
        while True:
            yield True

    has_failed = states()
    next(has_failed)

    def fault(operation: str) -> None:
        if has_failed.send(operation):
            raise RuntimeError("CUDA error: device-side assert triggered")

    return pretended(Card(fault=fault))


STATES: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "fine": _fine,
    "full": _full,
    "too old": _too_old,
    "fails": _failing,
    "gone": nullcontext,
}


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        count = os.environ.get("NEURAL_STYLE_WORKERS")
        serve(Home.find(), Limits(), worker_command=SELF, workers=int(count) if count else None)
    else:
        work(sys.argv[1], Home(Path(sys.argv[2])), _load_engine)
