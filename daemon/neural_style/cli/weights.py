"""``neural-style weights``: fetch and check the network's weights on disk."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from neural_style import weights as store
from neural_style.cli.command_groups import CommandGroup
from neural_style.cli.daemon import stop_daemon
from neural_style.cli.terminal import print_error, print_lines
from neural_style_protocol.paths import Home
from neural_style_protocol.settings import setting

_SETTING = setting("weights")

name_option = click.option(
    "--weights",
    "name",
    type=click.Choice(list(_SETTING.choices)),
    default=str(_SETTING.default),
    show_default=True,
    help=_SETTING.help,
)


@click.group(cls=CommandGroup)
def weights() -> None:
    """Fetch, check or locate the network's weights."""


@weights.command()
@name_option
def fetch(name: str) -> None:
    """Fetch the weights, and replace those on disk."""
    home = Home.find()
    let_go_of_weights(home)
    print_lines(f"Ready: {store.fetch(home.weights, name, _report)}")


@weights.command()
@name_option
def verify(name: str) -> None:
    """Check every byte of the weights."""
    print_lines(f"Whole: {store.verify(Home.find().weights, name)}")


@weights.command()
@name_option
def path(name: str) -> None:
    """Print where the weights are."""
    print_lines(str(store.path_of(Home.find().weights, name)))


def let_go_of_weights(
    home: Home, system: str = sys.platform, stop: Callable[[Home], object] = stop_daemon
) -> None:
    """Windows replaces no file that a program has mapped into memory, as the worker has.

    The daemon starts again when it is needed, and goes on with its jobs.
    """
    if system == "win32":
        stop(home)


def _report(text: str, fraction: float) -> None:
    print_error(f"{text} ({fraction:.0%})")
