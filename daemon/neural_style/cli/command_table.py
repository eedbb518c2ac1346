"""Groups of commands: a word for misspelled ones, and modules that are imported when asked for.

The daemon is one of the commands: it is to start quickly, and to carry nothing that only the
others need.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click


class CommandGroup(click.Group):
    """A group that suggests what a word may have meant that is no command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the words ``args`` begin with.

        Raises:
            click.UsageError: there is none of that name.
        """
        word = args[0]
        if not word.startswith("-") and self.get_command(ctx, word) is None:
            raise click.UsageError(f"There is no command {word!r}.{self._meant(ctx, word)}", ctx)
        return super().resolve_command(ctx, args)

    def _meant(self, context: click.Context, word: str) -> str:
        close = get_close_matches(word, self.list_commands(context), n=1)
        if close:
            return f" Did you mean `{context.command_path} {close[0]}`?"
        if context.parent is None and Path(word).suffix:
            return " Pictures are painted by `neural-style stylize CONTENT STYLE -o OUTPUT`."
        return ""


class CommandTable(CommandGroup):
    """A group with the commands in ``places``: the module of each, by the command's name."""

    def __init__(self, *arguments: Any, places: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._places = places

    def list_commands(self, context: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted(self._places)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command called ``name``, which its module has under that name."""
        if name not in self._places:
            return None
        module = importlib.import_module(self._places[name])
        command = getattr(module, name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command
