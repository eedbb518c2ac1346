"""``neural-style setup``: the plug-in into every GIMP 3, the weights, and a sample picture."""

from __future__ import annotations

from pathlib import Path

import click

from neural_style.cli.daemon import stop_daemon
from neural_style.cli.terminal import print_lines
from neural_style.sample_picture import SIZE
from neural_style.setup import steps
from neural_style.setup.surroundings import check_owner
from neural_style_protocol.paths import Home


@click.command()
@click.option("--uninstall", is_flag=True, help="Take all that away again, and the history.")
@click.option(
    "--plugin-into",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Put the plug-in into this plug-ins folder of GIMP alone.",
)
@click.option(
    "--sample-size",
    type=click.IntRange(min=0),
    default=SIZE,
    metavar="PIXELS",
    show_default=True,
    help="The size of the sample picture; 0 paints none.",
)
def setup(uninstall: bool, plugin_into: Path | None, sample_size: int) -> None:
    """Put the plug-in into every GIMP 3, fetch the weights, and paint a sample picture.

    Run it after the package was installed or upgraded, for example with uv.
    """
    home = Home.find()
    check_owner(home)  # before its daemon is stopped
    stop_daemon(home)  # one of an older version, perhaps
    if uninstall:
        steps.take_away(home, print_lines)
    else:
        steps.set_up(home, print_lines, into=plugin_into, sample_size=sample_size)
