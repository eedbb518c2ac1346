"""The command ``neural-style``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from neural_style.cli.command_groups import LazyGroup
from neural_style.cli.json_output import error_values, print_json
from neural_style.cli.mistakes import as_neural_style_error
from neural_style.cli.streams import fill_closed_streams, flush_streams, use_utf8
from neural_style.cli.terminal import OutputError, print_error
from neural_style_protocol import __version__
from neural_style_protocol.errors import NeuralStyleError

_COMMANDS = {
    "stylize": ("stylize",),
    "batch": ("batch",),
    "video": ("video",),
    "gallery": ("gallery",),
    "jobs": ("jobs", "show", "fetch", "rerun", "rm", "pause", "resume", "front"),
    "daemon": ("serve", "start", "stop", "restart", "status"),
    "service_commands": ("logs", "service-unit"),
    "bridge": ("bridge",),
    "remote": ("remote",),
    "weights": ("weights",),
    "doctor": ("doctor",),
    "setup": ("setup",),
    "estimate": ("estimate",),
}
_MODULES = {name: f"{__name__}.{module}" for module, names in _COMMANDS.items() for name in names}


@click.group(
    cls=LazyGroup, modules=_MODULES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="neural-style")
def commands() -> None:
    """Paint a picture in the style of another.

    A daemon in the background does the work. It starts by itself when it is needed.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status; every failure is shown as a sentence."""
    fill_closed_streams()
    use_utf8(sys.stdout, sys.stderr)
    words = sys.argv[1:] if arguments is None else list(arguments)
    status = _run(words)
    flush_streams()
    sys.exit(status)


def _run(words: list[str]) -> int:
    try:
        result = commands.main(args=words, prog_name="neural-style", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except (Exception, KeyboardInterrupt) as error:
        failure = as_neural_style_error(error)
        _print(failure, as_json=_wants_json(words) and not isinstance(failure, OutputError))
        return failure.exit_status
    return result if isinstance(result, int) else 0


def _wants_json(words: list[str]) -> bool:
    """Whether ``--json`` is given; this also works for a command line that click cannot parse."""
    options = words[: words.index("--")] if "--" in words else words
    return "--json" in options


def _print(error: NeuralStyleError, *, as_json: bool) -> None:
    if not as_json:
        print_error(f"Error: {error.sentence}", error.next_step)
        return
    try:
        print_json({"error": error_values(error)})
    except OutputError:
        _print(error, as_json=False)
