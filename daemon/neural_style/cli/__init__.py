"""The command ``neural-style``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from neural_style.cli.command_table import CommandTable
from neural_style.cli.json_output import error_values, print_json
from neural_style.cli.mistakes import as_sentence
from neural_style.cli.streams import fill_closed_streams, settle_streams
from neural_style.cli.terminal import OutputError, complain
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
    fill_closed_streams()
    given = sys.argv[1:] if arguments is None else list(arguments)
    status = _run(given)
    settle_streams()
    sys.exit(status)


def _run(given: list[str]) -> int:
    try:
        result = commands.main(args=given, prog_name="neural-style", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except (Exception, KeyboardInterrupt) as error:
        failure = as_sentence(error)
        _tell(failure, as_json=_wants_json(given) and not isinstance(failure, OutputError))
        return failure.exit_status
    return result if isinstance(result, int) else 0


def _wants_json(given: list[str]) -> bool:
    """Whether the answer is for a program, known even where the command line makes no sense."""
    options = given[: given.index("--")] if "--" in given else given
    return "--json" in options


def _tell(error: NeuralStyleError, *, as_json: bool) -> None:
    if not as_json:
        complain(f"Error: {error.sentence}", error.next_step)
        return
    try:
        print_json({"error": error_values(error)})
    except OutputError:
        _tell(error, as_json=False)
