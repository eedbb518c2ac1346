"""Kill worker, service or client at a random moment, round after round, and count what was lost.

``python fault_rounds.py --rounds 200 --seed 1 --json`` (in ``tests/service``)
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.daemon_lock import is_held
from neural_style_protocol.errors import DaemonUnreachable
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, picture, wait_until
from service.standin_worker import Script, inverted

VICTIMS = ("worker", "service", "client", "frozen worker", "nobody")
PATIENCE = 600.0
"""Seconds after which a job that the daemon still knows as unfinished counts as lost."""
LONGEST_WAIT = 0.6
"""Seconds into a round at which something is killed; a job takes about half as long."""


@dataclass
class Tally:
    """What happened in all rounds."""

    rounds: int = 0
    submitted: int = 0
    acknowledged: int = 0
    delivered: int = 0
    lost: int = 0
    wrong: int = 0
    resumed: int = 0
    slowest_round_s: float = 0.0
    reasons: list[str] = field(default_factory=list)
    victims: Counter[str] = field(default_factory=Counter)


class Rounds:
    """Rounds on one daemon that is started again whenever it was killed."""

    def __init__(self, daemon: StandinDaemon, seed: int) -> None:
        self._daemon = daemon
        self._random = random.Random(seed)
        self.tally = Tally()
        Script(steps=30, seconds_per_step=0.01).write(daemon.home.root)
        # A busy machine takes seconds to start a process, which is no freeze.
        daemon.limit(silent_worker=4.0, worker_starts=20, history_jobs=10_000, crashes_per_job=50)

    def play(self) -> None:
        """One round: submit, kill somebody, and get every acknowledged job's right picture."""
        began = time.monotonic()
        victim = self._random.choice(VICTIMS)
        self.tally.rounds += 1
        self.tally.victims[victim] += 1
        acknowledged = self._submit_and_kill(victim)
        self.tally.acknowledged += len(acknowledged)
        for job, content in acknowledged.items():
            self._collect(job, content)
        took = time.monotonic() - began
        self.tally.slowest_round_s = max(self.tally.slowest_round_s, round(took, 2))

    def _submit_and_kill(self, victim: str) -> dict[str, Picture]:
        contents: dict[str, Picture] = {}
        acknowledged: dict[str, Picture] = {}
        moment = time.monotonic() + self._random.uniform(0.0, LONGEST_WAIT)
        client = self._daemon.client()
        try:
            for _ in range(self._random.randint(1, 3)):
                side = self._random.choice((8, 100, 700))
                content = picture(side, side, seed=self._random.randrange(1_000))
                contents[client.submit(content, [(picture(), 1.0)], Settings())] = content
                self.tally.submitted += 1
                self._hear(client, contents, acknowledged, min(moment, time.monotonic() + 0.05))
            self._hear(client, contents, acknowledged, moment)
            self._kill(victim, client)
            self._hear(client, contents, acknowledged, time.monotonic() + 0.2)
        except DaemonUnreachable:
            pass
        finally:
            if victim == "client":
                client._disconnected = True  # a killed client says no goodbye
            client.close()
        return acknowledged

    def _hear(
        self,
        client: Client,
        contents: dict[str, Picture],
        acknowledged: dict[str, Picture],
        until: float,
    ) -> None:
        while (left := until - time.monotonic()) > 0:
            for event in client.wait(left):
                if isinstance(event, events.Queued):
                    acknowledged[event.job] = contents[event.job]
                if isinstance(event, events.Disconnected):
                    return

    def _kill(self, victim: str, client: Client) -> None:
        if victim == "service":
            os.kill(client.daemon.pid, signal.SIGKILL)
            wait_until(lambda: not is_held(self._daemon.home))
        elif victim in ("worker", "frozen worker"):
            pids = [worker.pid for worker in client.status().workers if worker.pid]
            number = signal.SIGKILL if victim == "worker" else signal.SIGSTOP
            with contextlib.suppress(ProcessLookupError):
                if pids:
                    os.kill(self._random.choice(pids), number)

    def _collect(self, job: str, content: Picture) -> None:
        """The picture of an acknowledged job, from a client that knows its name alone."""
        with self._daemon.client() as client:
            known = {summary.job: summary.state for summary in client.jobs()}
            if job not in known:
                self._lose(job, "unknown to the daemon")
                return
            client.watch(job)
            if known[job] == "paused":
                client.change(job, "resume")
                self.tally.resumed += 1
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                for event in client.wait(0.2):
                    if isinstance(event, events.Finished) and event.job == job:
                        self.tally.delivered += 1
                        self.tally.wrong += event.picture != inverted(content)
                        return
                    if isinstance(event, (events.Failed, events.Disconnected)):
                        self._lose(job, str(event.error))
                        return
            self._lose(job, f"{client.job(job).state} after {PATIENCE:.0f} s")

    def _lose(self, job: str, reason: str) -> None:
        self.tally.lost += 1
        self.tally.reasons.append(f"{job}: {reason}")


def play(home: Path, rounds: int, seed: int, workers: int = 1) -> Tally:
    """Play so many rounds in ``home``, with so many workers."""
    daemon = StandinDaemon(Home(home))
    daemon.use_workers(workers)
    try:
        game = Rounds(daemon, seed)
        for _ in range(rounds):
            game.play()
        with daemon.client() as client:
            wait_until(lambda: not client.status().jobs)
    finally:
        daemon.end()
    return game.tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        tally = play(Path(home), chosen.rounds, chosen.seed, chosen.workers)
    values = {**tally.__dict__, "victims": dict(tally.victims)}
    print(json.dumps(values) if chosen.json else values)


if __name__ == "__main__":
    main()
