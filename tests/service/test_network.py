"""A daemon in a network namespace of its own, and a cable that is pulled out for a while."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator

import psutil
import pytest

from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.connection import Connection
from neural_style_protocol.paths import VARIABLE
from neural_style_protocol.zmq_link import ZmqLink
from service.standin_daemon import (
    COMMAND,
    LISTEN,
    WAIT,
    StandinDaemon,
    picture,
    submit,
    until,
    wait_until,
)
from service.standin_worker import Script, inverted

NAMESPACE = f"far{os.getpid() % 10_000}"
NEAR_END, FAR_END = f"n{NAMESPACE}", f"f{NAMESPACE}"
NEAR, FAR = "198.18.77.1", "198.18.77.2"
OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "30"))
"""Longer than either side's heartbeats wait."""


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("ip") is None,
        reason="network namespaces are made by root, with iproute2",
    ),
]


@pytest.fixture
def cable() -> Iterator[None]:
    """Two ends of one cable, the far one in a namespace."""
    try:
        ip("netns", "add", NAMESPACE)
    except subprocess.CalledProcessError:
        pytest.skip("network namespaces cannot be made here")
    try:
        ip("link", "add", NEAR_END, "type", "veth", "peer", "name", FAR_END)
        ip("link", "set", FAR_END, "netns", NAMESPACE)
        ip("addr", "add", f"{NEAR}/30", "dev", NEAR_END)
        ip("link", "set", NEAR_END, "up")
        for arguments in (
            ["addr", "add", f"{FAR}/30", "dev", FAR_END],
            ["link", "set", FAR_END, "up"],
            ["link", "set", "lo", "up"],
        ):
            ip("netns", "exec", NAMESPACE, "ip", *arguments)
        yield
    finally:
        ip("netns", "del", NAMESPACE)


@pytest.fixture
def far(daemon: StandinDaemon, cable: None) -> Iterator[StandinDaemon]:
    """A daemon at the far end."""
    home = daemon.home
    (home.root / LISTEN).write_text(f"tcp://{FAR}:4050 {FAR}", encoding="utf-8")
    command = ["ip", "netns", "exec", NAMESPACE, *COMMAND, "serve"]
    with subprocess.Popen(command, env={**os.environ, VARIABLE: str(home.root)}) as process:
        wait_until((home.run / "remote-connection.json").exists)
        yield daemon
        family = [*psutil.Process(process.pid).children(recursive=True)]
        process.terminate()
        process.wait(WAIT)
        psutil.wait_procs(family, timeout=5)


@pytest.mark.timeout(400)
def test_a_job_outlives_a_cable_that_was_pulled_out(far: StandinDaemon) -> None:
    # It outlasts the outage by far: the client must meet it again while it still runs.
    Script(steps=int(OUTAGE_SECONDS * 100) + 20_000, seconds_per_step=0.01).write(far.home.root)
    connection = Connection.read(far.home.run / "remote-connection.json")
    assert connection.endpoint == f"tcp://{FAR}:4050"
    with Client(ZmqLink(connection), name="near") as client:
        submit(client)
        before = until(client, events.Progress)[-1]
        ip("link", "set", NEAR_END, "down")
        _wait_through(client, OUTAGE_SECONDS)
        ip("link", "set", NEAR_END, "up")
        after = until(client, events.Progress)[-1]
        assert after.step > before.step + 100
        job = after.job
        client.cancel(job, keep=True)
        finished = until(client, events.Finished)[-1]
    assert finished.picture == inverted(picture())


def _wait_through(client: Client, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        lost = [e for e in client.wait(left) if isinstance(e, events.Disconnected)]
        assert not lost, lost[0].error
