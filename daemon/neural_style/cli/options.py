"""Options and arguments that several commands share; the settings' options come from the schema."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sized
from typing import Any

import click

from neural_style.cli.typed_paths import output_file, picture_file
from neural_style_protocol.client_messages import MAX_STYLES
from neural_style_protocol.settings import SCHEMA, Setting, Settings

DAEMON_COMMAND = (sys.executable, "-m", "neural_style")
"""The start of a command line that starts the daemon from this environment."""

INTERRUPTED = 130
"""Exit status of a command that Ctrl-C ended, as in shells."""

_TYPES = {"number": float, "integer": int, "choice": str}

Command = Callable[..., Any]

json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")

content_argument = click.argument("content", type=picture_file)

styles_argument = click.argument(
    "styles", metavar="STYLE...", nargs=-1, required=True, type=picture_file
)


def named_styles_option(
    words: str, parameter: str = "styles", *, required: bool = True
) -> Callable[[Command], Command]:
    """The option that names the styles, for the function's argument ``parameter``."""
    return click.option(
        "--style",
        parameter,
        multiple=True,
        required=required,
        type=picture_file,
        metavar="STYLE",
        help=words,
    )


output_option = click.option(
    "-o",
    "--output",
    required=True,
    type=output_file,
    metavar="PATH",
    help="Where to save the picture.",
)

style_weights_option = click.option(
    "--style-weight",
    "style_weights",
    multiple=True,
    type=float,
    metavar="NUMBER",
    help="A style's share, once for each STYLE. Without it, the shares are equal.",
)


def check_styles(styles: Sized) -> None:
    """Check that so many styles can be mixed.

    Raises:
        click.UsageError: they are too many.
    """
    if len(styles) > MAX_STYLES:
        raise click.UsageError(f"At most {MAX_STYLES} styles can be mixed.")


def check_once_for_each(option: str, given: Sized, styles: Sized) -> None:
    """Check an option that is given once for each style, or not at all.

    Raises:
        click.UsageError: it is given more or less often.
    """
    if given and len(given) != len(styles):
        raise click.UsageError(f"Give {option} once for each STYLE, or not at all.")


def with_settings(command: Command, *, without: str = "") -> Command:
    """Add an option for every setting except ``without``; the command gets them by name."""
    for setting in reversed(SCHEMA):
        if setting.name != without:
            command = _option(setting, default=setting.default)(command)
    return command


def with_changes(command: Command) -> Command:
    """Add an option for every setting; the value is None if it is not given."""
    for setting in reversed(SCHEMA):
        command = _option(setting, default=None)(command)
    return command


def changes_from(values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were given among a command's parameters.

    Raises:
        SettingsError: one is out of range or unknown.
    """
    return {s.name: s.check(values[s.name]) for s in SCHEMA if values[s.name] is not None}


def settings_from(values: Mapping[str, Any]) -> Settings:
    """The settings among a command's parameters; missing ones have their defaults.

    Raises:
        SettingsError: one is out of range or unknown.
    """
    return Settings.from_dict(values)


def _option(setting: Setting, *, default: Any) -> Callable[[Command], Command]:
    name = f"--{setting.option}"
    if setting.kind == "switch":
        return click.option(
            f"{name}/--no-{setting.option}",
            setting.name,
            default=default,
            show_default=default is not None,
            help=setting.help,
        )
    return click.option(
        name,
        setting.name,
        type=_TYPES[setting.kind],
        default=default,
        metavar=_metavar(setting),
        show_default=default is not None,
        help=setting.help,
    )


def _metavar(setting: Setting) -> str:
    if setting.kind == "choice":
        return "|".join(setting.values)
    return "–".join(setting.bounds)
