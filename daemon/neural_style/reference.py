"""``python -m neural_style.reference FOLDER``: the pages of docs/ that are made from the code.

``settings.md`` comes from the settings schema, ``command-line.md`` from the command's own help.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from neural_style.cli import commands
from neural_style_protocol.settings import SCHEMA, Setting

WIDTH = 96


def settings_page() -> str:
    """docs/settings.md: one table of the main settings, one of those under *Advanced*."""
    return "\n".join(
        [
            "# Settings",
            "",
            "The same settings, under the same names, are in GIMP's dialog, in the arguments of "
            "the procedure `plug-in-neural-style`, and in the options of `neural-style stylize`. "
            "This page is made from them by `python -m neural_style.reference docs`.",
            "",
            *_table(setting for setting in SCHEMA if not setting.advanced),
            "## Advanced",
            "",
            *_table(setting for setting in SCHEMA if setting.advanced),
        ]
    )


def command_line_page() -> str:
    """docs/command-line.md: every command's own help."""
    sections = [
        "# Command line",
        "",
        "This page is made from the command's own help by `python -m neural_style.reference docs`.",
        "",
    ]
    for context in _contexts("neural-style", commands):
        help_text = context.command.get_help(context)
        sections += [f"## {context.command_path}", "", "```text", help_text, "```", ""]
    return "\n".join(sections)


def _table(settings: Iterator[Setting]) -> Iterator[str]:
    yield "| Setting | Name | Values | Default | What it does |"
    yield "| --- | --- | --- | --- | --- |"
    for setting in settings:
        cells = (setting.label, f"`{setting.option}`", _values(setting), _default(setting))
        yield f"| {' | '.join(cells)} | {setting.help} |"
    yield ""


def _values(setting: Setting) -> str:
    if setting.kind == "switch":
        return "on or off"
    if setting.kind == "choice":
        lines = [f"`{value}`: {words}" for value, words in setting.choices.items()]
        if setting.example:
            lines.append(f"`{setting.example}`, or another that `neural-style status` lists")
        return "<br>".join(lines)
    unit = f" {setting.unit}" if setting.unit else ""
    return f"{setting.minimum:,.10g} to {setting.maximum:,.10g}{unit}"


def _default(setting: Setting) -> str:
    if setting.kind == "switch":
        return "on" if setting.default else "off"
    return f"`{setting.default}`" if setting.kind == "choice" else f"{setting.default:g}"


def _contexts(
    name: str, command: click.Command, parent: click.Context | None = None
) -> Iterator[click.Context]:
    """A context for every command, below its group's as when it is run."""
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        **command.context_settings,
    )
    yield context
    if isinstance(command, click.Group):
        for word in command.list_commands(context):
            inner = command.get_command(context, word)
            assert inner is not None
            yield from _contexts(word, inner, context)


PAGES = {"settings.md": settings_page, "command-line.md": command_line_page}
"""Each page's file name, and what makes it."""


def main(folder: Path) -> None:
    """Write every page into ``folder``."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m neural_style.reference FOLDER")
    main(Path(sys.argv[1]))
