"""The context in which a command's words are read, as if the command were run."""

from __future__ import annotations

import click

from neural_style.cli import commands


def context_of(command: click.Command) -> click.Context:
    """A context below the whole program's.

    A command keeps the names of its option for help from the first context that it sees. A bare
    context would take ``-h`` from it for every later test.
    """
    program = click.Context(commands, **commands.context_settings)
    return program if command is commands else click.Context(command, parent=program)
