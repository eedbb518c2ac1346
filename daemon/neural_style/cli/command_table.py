"""A group of commands whose modules are imported when they are asked for.

The daemon is one of the commands: it is to start quickly, and to carry nothing that only the
others need.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class CommandTable(click.Group):
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
