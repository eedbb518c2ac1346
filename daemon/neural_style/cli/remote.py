"""``neural-style remote``: use daemons on other machines."""

from __future__ import annotations

from pathlib import Path

import click

from neural_style.cli.command_groups import CommandGroup
from neural_style.cli.json_output import print_json
from neural_style.cli.options import json_option
from neural_style.cli.terminal import print_lines
from neural_style_protocol.paths import Home
from neural_style_protocol.remotes import LOCAL, Remotes


@click.group(cls=CommandGroup)
def remote() -> None:
    """Let a daemon on another machine do the work.

    On that machine, run `neural-style serve --listen tcp://0.0.0.0:4050`. Copy the file
    run/remote-connection.json from its Neural Style folder to this machine. Anyone who has that
    file can use that daemon.
    """


@remote.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
def add(name: str, file: Path) -> None:
    """Use the daemon of the connection file FILE from now on, and call it NAME."""
    remotes = Remotes(Home.find())
    connection = remotes.add(name, file)
    remotes.choose(name)
    print_lines(f"{name} at {connection.endpoint} is used from now on, by GIMP too.")


@remote.command()
@click.argument("name")
def use(name: str) -> None:
    """Use the daemon NAME from now on. `local` is the daemon of this machine."""
    Remotes(Home.find()).choose(name)
    print_lines(f"{name} is used from now on.")


@remote.command("list")
@json_option
def list_remotes(as_json: bool) -> None:
    """List the daemons that can be used."""
    remotes = Remotes(Home.find())
    names, chosen = [LOCAL, *remotes.names()], remotes.chosen()
    if as_json:
        print_json({"names": names, "chosen": chosen})
        return
    for name in names:
        print_lines(f"{'*' if name == chosen else ' '} {name}")


@remote.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget the daemon NAME."""
    Remotes(Home.find()).remove(name)
    print_lines(f"{name} is forgotten.")
