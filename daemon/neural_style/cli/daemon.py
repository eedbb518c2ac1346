"""``neural-style serve``, ``start``, ``stop``, ``restart`` and ``status``."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import Any

import click

from neural_style.cli.options import DAEMON_COMMAND
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.daemon_messages import Status
from neural_style_protocol.errors import DaemonError, DaemonUnreachable
from neural_style_protocol.launcher import connect, connect_or_start
from neural_style_protocol.paths import Home

STOP_SECONDS = 15.0
NOT_RUNNING = 3
"""Exit status of ``status`` without a daemon, as init scripts have it."""

_STATES = {
    "loading": "is loading its model",
    "ready": "is ready",
    "busy": "is painting",
    "problem": "has a problem",
}

json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")


@click.command()
def serve() -> None:
    """Run the daemon here until it is stopped."""
    from neural_style.service.daemon import serve as run_daemon

    run_daemon(Home.find())


@click.command()
@json_option
def start(as_json: bool) -> None:
    """Start the daemon in the background, if it is not running."""
    _start(as_json=as_json)


@click.command()
@json_option
def stop(as_json: bool) -> None:
    """Stop the daemon."""
    stopped = _stop()
    words = "The daemon has stopped." if stopped else "The daemon was not running."
    _tell(words, {"stopped": stopped}, as_json=as_json)


@click.command()
@json_option
def restart(as_json: bool) -> None:
    """Stop the daemon and start it again."""
    _stop()
    _start(as_json=as_json)


@click.command()
@json_option
def status(as_json: bool) -> int:
    """Say how the daemon is."""
    try:
        with connect(Home.find(), name="neural-style status") as client:
            now = client.status()
    except DaemonUnreachable as error:
        _tell(str(error), {"state": "stopped"}, as_json=as_json)
        return NOT_RUNNING
    _tell(_words(now), dataclasses.asdict(now), as_json=as_json)
    return 0


DAEMON_COMMANDS = (serve, start, stop, restart, status)


def _start(*, as_json: bool) -> None:
    states: list[str] = []
    with connect_or_start(
        Home.find(), DAEMON_COMMAND, name="neural-style start", on_state=states.append
    ) as client:
        pid = client.daemon.pid
    words = "The daemon has started" if states else "The daemon is already running"
    _tell(f"{words} (process {pid}).", {"pid": pid, "started": bool(states)}, as_json=as_json)


def _stop() -> bool:
    try:
        client = connect(Home.find(), name="neural-style stop")
    except DaemonUnreachable:
        return False
    with client:
        client.shut_down()
        _await_end(client)
    return True


def _await_end(client: Client) -> None:
    home = Home.find()
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        gone = any(isinstance(event, events.Disconnected) for event in client.wait(0.1))
        if gone or not home.connection_file.exists():
            break
    while home.connection_file.exists():
        if time.monotonic() > deadline:
            raise DaemonError(f"The daemon has not ended within {STOP_SECONDS:.0f} seconds.")
        time.sleep(0.05)


def _words(now: Status) -> str:
    where = f" on {now.device}" if now.device else ""
    lines = [f"The daemon {_STATES[now.state]}{where} (process {now.pid})."]
    if now.problem:
        lines.append(now.problem)
    for job in now.jobs:
        steps = f", step {job.step} of {job.total}" if job.total else ""
        lines.append(f"  {job.job}  {job.state}{steps}")
    return "\n".join(lines)


def _tell(words: str, values: dict[str, Any], *, as_json: bool) -> None:
    click.echo(json.dumps(values) if as_json else words)
