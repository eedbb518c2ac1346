"""Groups of commands: they suggest a correction of a misspelled name, and import on demand.

The daemon is one of the commands. It must start quickly, and must not load what only the others
need.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click


class CommandGroup(click.Group):
    """A group that suggests a command for a misspelled one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that ``args`` begins with.

        Raises:
            click.UsageError: there is no such command.
        """
        word = args[0]
        if not word.startswith("-") and self.get_command(ctx, word) is None:
            raise click.UsageError(
                f"There is no command {word!r}.{self._suggestion(ctx, word)}", ctx
            )
        return super().resolve_command(ctx, args)

    def _suggestion(self, context: click.Context, word: str) -> str:
        close = get_close_matches(word, self.list_commands(context), n=1)
        if close:
            return f" Did you mean `{context.command_path} {close[0]}`?"
        if context.parent is None and Path(word).suffix:
            return " Pictures are painted by `neural-style stylize CONTENT STYLE -o OUTPUT`."
        return ""


class LazyGroup(CommandGroup):
    """A group that imports a command's module when the command is used.

    Args:
        modules: the name of the module that has the command, by the command's name.
    """

    def __init__(self, *arguments: Any, modules: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._modules = modules

    def list_commands(self, context: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted(self._modules)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command ``name``, None if there is none."""
        if name not in self._modules:
            return None
        module = importlib.import_module(self._modules[name])
        command = getattr(module, name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command
