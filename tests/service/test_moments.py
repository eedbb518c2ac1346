"""Killed at the very moment of an acknowledgement, a start, a preview or a result: nothing is lost.

``fault_rounds.py`` kills at random; here it is done where something has just been promised.
"""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest

from neural_style_protocol import events
from neural_style_protocol.daemon_lock import is_held
from service.standin_daemon import StandinDaemon, picture, submit, until, wait_until
from service.standin_worker import Script, inverted

MOMENTS = {
    "acknowledged": events.Queued,
    "started": events.Started,
    "under way": events.Progress,
    "shown": events.Preview,
    "finished": events.Finished,
}
DELAYS = (0.0, 0.004, 0.012)
"""Seconds after the moment: a checkpoint or a result is written within some milliseconds."""


@pytest.fixture
def quick(daemon: StandinDaemon) -> StandinDaemon:
    """Jobs that are over in a blink, with checkpoints and previews all the way."""
    script = Script(steps=6, seconds_per_step=0.004, preview_every=1, checkpoint_every=1)
    script.write(daemon.home.root)
    daemon.limit(worker_starts=50, crashes_per_job=50)
    return daemon


def killed_at(daemon: StandinDaemon, moment: str, victim: str, delay: float, seed: int) -> str:
    """A job whose service or worker was killed then; its name."""
    with daemon.client() as client:
        pids = {"service": client.daemon.pid, "worker": daemon.worker_pid()}
        job = submit(client, picture(seed=seed))
        until(client, MOMENTS[moment])
        time.sleep(delay)
        if psutil.pid_exists(pids[victim]):
            os.kill(pids[victim], signal.SIGKILL)
        if victim == "service":
            wait_until(lambda: not is_held(daemon.home))
        return job


def assert_it_is_delivered(daemon: StandinDaemon, job: str, seed: int) -> None:
    with daemon.client() as client:
        state = client.job(job).state
        client.watch(job)
        if state == "paused":
            client.change(job, "resume")
        assert until(client, events.Finished)[-1].picture == inverted(picture(seed=seed))


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["service", "worker"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_what_was_promised_is_kept(quick: StandinDaemon, moment: str, victim: str) -> None:
    for seed, delay in enumerate(DELAYS):
        job = killed_at(quick, moment, victim, delay, seed)
        assert_it_is_delivered(quick, job, seed)
