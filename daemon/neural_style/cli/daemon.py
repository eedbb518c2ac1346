"""``neural-style serve``, ``start``, ``stop``, ``restart`` and ``status``."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from typing import Any

import click
import psutil

from neural_style.cli.json_output import print_json
from neural_style.cli.options import DAEMON_COMMAND, json_option
from neural_style.cli.terminal import print_lines
from neural_style_protocol.daemon_lock import holder, is_held
from neural_style_protocol.daemon_messages import Status, WorkerLine
from neural_style_protocol.errors import BusyError, DaemonError, DaemonUnreachable, VersionError
from neural_style_protocol.launcher import connect, connect_local, connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import Phrase, amount

STOP_SECONDS = 15.0
NOT_RUNNING = 3
"""Exit status of ``status`` if no daemon is running, as in init scripts."""

_STATES = {
    "loading": "is loading its model",
    "ready": "is ready",
    "busy": "is painting",
    "resting": "is resting; its model is not loaded",
    "problem": "has a problem",
}


_WORKER_STATES = {
    "stopped": "is started when pictures wait for it",
    "loading": "is loading its model",
    "ready": "is ready",
    "busy": "is painting",
    "problem": "cannot be started",
}

_MINUTES = click.FloatRange(min=0)
MOST_WORKERS = 32
AUTO = "auto"


def _number_of_workers(
    context: click.Context, parameter: click.Parameter, value: str
) -> int | None:
    """The number in ``value``; None for ``auto``."""
    if value == AUTO:
        return None
    if not value.isdecimal() or not 1 <= int(value) <= MOST_WORKERS:
        raise click.BadParameter(f"{value!r} is neither auto nor a number up to {MOST_WORKERS}.")
    return int(value)


@click.command()
@click.option(
    "--unload-after",
    type=_MINUTES,
    default=5.0,
    envvar="NEURAL_STYLE_UNLOAD_AFTER",
    metavar="MINUTES",
    show_default=True,
    help="Unload the model after this time without work; 0 keeps it loaded.",
)
@click.option(
    "--exit-after",
    type=_MINUTES,
    envvar="NEURAL_STYLE_EXIT_AFTER",
    metavar="MINUTES",
    show_default="60, or 0 with --listen",
    help="Exit after this time without work and without connected programs; 0 never exits.",
)
@click.option(
    "--workers",
    callback=_number_of_workers,
    default=AUTO,
    envvar="NEURAL_STYLE_WORKERS",
    metavar="auto|NUMBER",
    show_default=True,
    help="How many pictures are painted side by side. auto is one on each graphics card, or one on "
    "the processor.",
)
@click.option(
    "--listen",
    metavar="ADDRESS",
    help="Also accept other machines at this address, for example tcp://0.0.0.0:4050. They need "
    "the file run/remote-connection.json from this machine's Neural Style folder.",
)
@click.option(
    "--host",
    default="",
    metavar="NAME",
    help="The name or address under which other machines reach this one; by default its host name.",
)
def serve(
    unload_after: float,
    exit_after: float | None,
    workers: int | None,
    listen: str | None,
    host: str,
) -> None:
    """Run the daemon in this terminal until it is stopped."""
    from neural_style.service.daemon import serve as run_daemon
    from neural_style.service.front import Listen
    from neural_style.service.limits import Limits

    if exit_after is None:
        exit_after = 0.0 if listen else 60.0
    limits = Limits(
        unload_after=unload_after * 60 or math.inf, exit_after=exit_after * 60 or math.inf
    )
    address = Listen(listen, host) if listen else None
    run_daemon(Home.find(), limits, listen=address, workers=workers)


@click.command()
@json_option
def start(as_json: bool) -> None:
    """Start the daemon in the background, if it is not running."""
    _start(as_json=as_json)


@click.command()
@json_option
def stop(as_json: bool) -> None:
    """Stop the daemon."""
    stopped = stop_daemon(Home.find())
    words = "The daemon has stopped." if stopped else "The daemon was not running."
    _print(words, {"stopped": stopped}, as_json=as_json)


@click.command()
@json_option
def restart(as_json: bool) -> None:
    """Stop the daemon and start it again."""
    stop_daemon(Home.find())
    _start(as_json=as_json)


@click.command()
@json_option
def status(as_json: bool) -> int:
    """Show the state of the daemon and its jobs."""
    try:
        with connect(Home.find(), name="neural-style status") as client:
            now = client.status()
    except DaemonUnreachable as error:
        _print(str(error), {"state": "stopped"}, as_json=as_json)
        return NOT_RUNNING
    _print(_description(now), dataclasses.asdict(now), as_json=as_json)
    return 0


def _start(*, as_json: bool) -> None:
    states: list[Phrase] = []
    with connect_or_start(
        Home.find(), DAEMON_COMMAND, name="neural-style start", on_state=states.append
    ) as client:
        pid = client.daemon.pid
    words = "The daemon has started" if states else "The daemon is already running"
    _print(f"{words} (process {pid}).", {"pid": pid, "started": bool(states)}, as_json=as_json)


def stop_daemon(home: Home) -> bool:
    """Stop the daemon: by a request, by its end (SIGTERM) if that fails, at last by force.

    Returns:
        Whether a daemon was running.
    """
    pid = holder(home)
    if pid is None:
        return False
    try:
        with connect_local(home, name="neural-style stop") as client:
            client.shut_down()
            client.wait(0.2)
    except (DaemonUnreachable, VersionError, BusyError):
        _end(pid)
    if not _ends_within(home, STOP_SECONDS):
        _end(pid, by_force=True)
        if not _ends_within(home, STOP_SECONDS):
            raise DaemonError(
                "The daemon does not end.", next_step="Look at process {pid}.", pid=pid
            )
    return True


def _end(pid: int, *, by_force: bool = False) -> None:
    """Windows knows only the end by force."""
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        process = psutil.Process(pid)
        if by_force:
            process.kill()
        else:
            process.terminate()


def _ends_within(home: Home, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_held(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _description(now: Status) -> str:
    where = f" on {now.device}" if now.device else ""
    lines = [f"The daemon {_STATES[now.state]}{where} (process {now.pid})."]
    if now.problem:
        lines.append(now.problem)
    for card in now.cards:
        free = f", {amount(card.free_bytes)} free" if card.free_bytes else ""
        lines.append(f"  {card.device}  {card.name}{free}")
    if len(now.workers) > 1:
        lines += [f"  {_worker_words(worker)}" for worker in now.workers]
    for job in now.jobs:
        steps = f", step {job.step} of {job.total}" if job.total else ""
        lines.append(f"  {job.job}  {job.state}{steps}")
    return "\n".join(lines)


def _worker_words(worker: WorkerLine) -> str:
    """As ``process 4711 on NVIDIA L4 paints 0123456789abcdef``."""
    process = f"process {worker.pid}" if worker.pid else "another process"
    where = f" on {worker.device}" if worker.device else ""
    paints = f"paints {', '.join(worker.jobs)}" if worker.jobs else _WORKER_STATES[worker.state]
    return f"{process}{where} {paints}"


def _print(words: str, values: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(values)
    else:
        print_lines(words)
