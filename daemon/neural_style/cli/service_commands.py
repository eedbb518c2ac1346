"""``neural-style logs`` and ``service-unit``, for administrators of a daemon."""

from __future__ import annotations

import os
import shlex
from collections import deque
from pathlib import Path

import click

from neural_style.cli.json_output import print_json
from neural_style.cli.options import DAEMON_COMMAND, json_option
from neural_style.cli.terminal import print_lines, write_out
from neural_style_protocol.errors import StorageError
from neural_style_protocol.paths import VARIABLE, Home
from neural_style_protocol.phrases import reason

MOST_LINES = 1_000_000

UNIT = """\
[Unit]
Description=Neural Style: paints pictures in the style of others
Documentation=man:systemd.service(5)

[Service]
Type=notify
NotifyAccess=main
Environment={environment}
ExecStart={command}
Restart=on-failure
RestartSec=2
KillMode=mixed
TimeoutStopSec=30
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""


@click.command()
@click.option("-n", "--lines", default=50, show_default=True, help="How many lines to print.")
@click.option("--worker", is_flag=True, help="Print the log of the computing process instead.")
@json_option
def logs(lines: int, worker: bool, as_json: bool) -> None:
    """Print the last lines of the daemon's log."""
    path = Home.find().logs / ("worker.log" if worker else "daemon.log")
    found = _last_lines(path, min(max(0, lines), MOST_LINES))
    if as_json:
        print_json({"path": str(path), "lines": found})
    else:
        for line in found:
            print_lines(line.expandtabs())


@click.command("service-unit")
def service_unit() -> None:
    """Print a systemd user unit that keeps the daemon running.

    Save it as ~/.config/systemd/user/neural-style.service, then run
    `systemctl --user enable --now neural-style`.
    """
    command = shlex.join([*DAEMON_COMMAND, "serve", "--exit-after", "0"])
    environment = _quoted(f"{VARIABLE}={Home.find().root}")
    write_out(UNIT.format(command=command.replace("%", "%%"), environment=environment))


def _last_lines(path: Path, count: int) -> list[str]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return [line.rstrip(os.linesep) for line in deque(file, maxlen=count)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(
            "{path} cannot be read ({reason}).", path=path, reason=reason(error)
        ) from error


def _quoted(assignment: str) -> str:
    """Quoted as systemd.exec(5) requires."""
    escaped = assignment.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
