"""Connects to the daemon, and starts it if it is not running."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

from neural_style_protocol.background import outliving
from neural_style_protocol.client import Client
from neural_style_protocol.connection import Connection
from neural_style_protocol.daemon_lock import is_held
from neural_style_protocol.environment import clean_environment
from neural_style_protocol.errors import DaemonError, DaemonUnreachable
from neural_style_protocol.file_lock import LOCKS, Locks
from neural_style_protocol.paths import Home
from neural_style_protocol.phrases import Duration, Phrase, reason
from neural_style_protocol.remotes import Remotes
from neural_style_protocol.set_up import way_to_set_up
from neural_style_protocol.zmq_link import ZmqLink

START_SECONDS = 60.0
POLL_SECONDS = 0.05


def connect(home: Home, *, name: str = "") -> Client:
    """Connect to the chosen remote daemon, or to the local one if none is chosen.

    Raises:
        DaemonUnreachable: the daemon is not running, or does not answer.
        VersionError: it speaks another version of the protocol.
    """
    remotes = Remotes(home)
    remote = remotes.connection()
    if remote is None:
        return connect_local(home, name=name)
    return _connect_remote(remote, remotes.chosen(), name)


def connect_local(home: Home, *, name: str = "") -> Client:
    """Connect to the daemon on this machine.

    Raises:
        DaemonUnreachable: it is not running.
        VersionError: it speaks another version of the protocol.
    """
    connection = Connection.read(home.connection_file)
    if not is_held(home) or not _is_listening(connection.endpoint):
        raise DaemonUnreachable("The daemon is not running.")
    return Client(ZmqLink(connection), name=name)


def _connect_remote(connection: Connection, remote: str, name: str) -> Client:
    try:
        if not _is_listening(connection.endpoint):
            raise DaemonUnreachable("Nobody listens there.")
        return Client(ZmqLink(connection), name=name)
    except DaemonUnreachable as error:
        raise DaemonUnreachable(
            "The remote daemon {name} does not answer at {address}.",
            next_step="Start it there, or run `neural-style remote use local`.",
            name=repr(remote),
            address=connection.endpoint,
        ) from error


def connect_or_start(
    home: Home,
    command: Sequence[str],
    *,
    name: str = "",
    on_state: Callable[[Phrase], None] = lambda phrase: None,
) -> Client:
    """Connect to the daemon; start the local one if it is not running.

    If two programs do this at once, the second waits for the first, and one daemon starts.

    Args:
        home: the product's folder.
        command: the start of the daemon's command line, such as ``["/…/bin/neural-style"]``.
        name: the client's name in the daemon's log.
        on_state: called with a phrase that says what the program waits for.

    Raises:
        DaemonError: the daemon cannot be started.
        VersionError: a running daemon speaks another version of the protocol.
    """
    if Remotes(home).connection() is not None:
        return connect(home, name=name)
    with contextlib.suppress(DaemonUnreachable):
        return connect_local(home, name=name)
    on_state(Phrase("Starting the daemon…"))
    with _start_lock(home):
        with contextlib.suppress(DaemonUnreachable):
            return connect_local(home, name=name)
        process = start_process(home, command)
        return _wait_for(home, process, name)


def start_process(home: Home, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a daemon that outlives this process; its output goes to ``start.log``.

    Raises:
        DaemonError: the command cannot be run.
    """
    log = home.make_private_folder(home.logs) / "start.log"
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, "serve"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **outliving(),
                env=clean_environment(os.environ, home),
                cwd=home.root,
            )
    except OSError as error:
        raise DaemonError(
            "The daemon cannot be started: {command} ({reason}).",
            next_step="Run {setup} again.",
            command=command[0],
            reason=reason(error),
            setup=way_to_set_up(home),
        ) from error
    # Without a wait, the daemon would stay a zombie of this process after it ends.
    threading.Thread(target=process.wait, daemon=True).start()
    return process


def _wait_for(home: Home, process: subprocess.Popen[bytes], name: str) -> Client:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(DaemonUnreachable):
            return connect_local(home, name=name)
        if process.poll() is not None:
            last_words = _last_log_line(home)
            raise DaemonError(
                "The daemon ended while it was starting.",
                next_step="{last_words}" if last_words else "Look at {folder}.",
                last_words=last_words,
                folder=home.logs,
            )
        time.sleep(POLL_SECONDS)
    raise DaemonError(
        "The daemon did not answer within {time}.",
        next_step="Look at {folder}.",
        time=Duration(START_SECONDS),
        folder=home.logs,
    )


def _last_log_line(home: Home) -> str:
    try:
        lines = (home.logs / "start.log").read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:500] for line in reversed(lines) if line.strip()), "")


@contextlib.contextmanager
def _start_lock(home: Home, locks: Locks = LOCKS) -> Iterator[None]:
    path = home.make_private_folder(home.run) / "start.lock"
    with path.open("w") as file:
        while not locks.acquire(file):
            time.sleep(POLL_SECONDS)
        yield


def _is_listening(endpoint: str) -> bool:
    """Whether a program listens there; ZeroMQ itself would try again and again."""
    address = urlsplit(endpoint)
    if address.scheme != "tcp" or address.hostname is None or address.port is None:
        return False
    try:
        with socket.create_connection((address.hostname, address.port), timeout=2.0):
            return True
    except OSError:
        return False
