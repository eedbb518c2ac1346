"""The command ``neural-style``."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence

import click

from neural_style.cli.command_table import CommandTable
from neural_style.cli.options import INTERRUPTED
from neural_style_protocol import __version__
from neural_style_protocol.errors import NeuralStyleError

_MODULES = {
    "stylize": ("stylize",),
    "gallery": ("gallery",),
    "jobs": ("jobs", "show", "fetch", "rerun", "rm", "pause", "resume", "front"),
    "daemon": ("serve", "start", "stop", "restart", "status"),
    "service_commands": ("logs", "service-unit"),
    "remote": ("remote",),
    "weights": ("weights",),
    "doctor": ("doctor",),
    "estimate": ("estimate",),
}
_PLACES = {name: f"{__name__}.{module}" for module, names in _MODULES.items() for name in names}


@click.group(
    cls=CommandTable, places=_PLACES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="neural-style")
def commands() -> None:
    """Paint a picture in the style of another.

    The work is done by a daemon that stays in the background; it is started when needed.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status; every failure is a sentence."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        result = commands.main(args=given, prog_name="neural-style", standalone_mode=False)
        status = result if isinstance(result, int) else 0
    except NeuralStyleError as error:
        _show(error, as_json="--json" in given)
        status = error.exit_status
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except BrokenPipeError:
        status = 0
    except Exception as error:
        logging.getLogger(__name__).debug("unexpected", exc_info=True)
        failure = NeuralStyleError(
            f"Something unexpected went wrong ({type(error).__name__}: {error}).",
            next_step="Please report it with what you typed.",
        )
        _show(failure, as_json="--json" in given)
        status = failure.exit_status
    sys.exit(status)


def _show(error: NeuralStyleError, *, as_json: bool) -> None:
    if as_json:
        told = {"code": error.code, "sentence": error.sentence, "next_step": error.next_step}
        click.echo(json.dumps({"error": told}))
    else:
        click.echo(f"Error: {error.sentence}\n{error.next_step}".rstrip(), err=True)
