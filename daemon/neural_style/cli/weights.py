"""``neural-style weights``: the network's weights on disk."""

from __future__ import annotations

import click

from neural_style import weights as store
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


@click.group()
def weights() -> None:
    """Fetch, check or find the network's weights."""


@weights.command()
@name_option
def fetch(name: str) -> None:
    """Get the weights, over whatever is there."""
    click.echo(f"Ready: {store.fetch(Home.find().weights, name, _report)}")


@weights.command()
@name_option
def verify(name: str) -> None:
    """Check every byte of the weights."""
    click.echo(f"Whole: {store.verify(Home.find().weights, name)}")


@weights.command()
@name_option
def path(name: str) -> None:
    """Print where the weights are."""
    click.echo(store.path_of(Home.find().weights, name))


def _report(text: str, fraction: float) -> None:
    click.echo(f"{text} ({fraction:.0%})", err=True)
