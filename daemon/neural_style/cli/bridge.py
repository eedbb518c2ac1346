"""``neural-style bridge``, which programs start and not people."""

from __future__ import annotations

import sys

import click

from neural_style.cli.options import DAEMON_COMMAND
from neural_style_protocol.paths import Home


@click.command()
def bridge() -> None:
    """Connect a program to the daemon by standard input and output.

    GIMP's plug-in starts this, because GIMP's own Python may not load what the connection needs.
    docs/protocol.md describes what it reads and writes.
    """
    if sys.stdin.isatty():
        raise click.UsageError("This command is for programs. People need `neural-style status`.")
    from neural_style.bridge import run
    from neural_style.bridge.standard_streams import own_streams

    source, sink = own_streams()
    run(Home.find(), DAEMON_COMMAND, source, sink)
