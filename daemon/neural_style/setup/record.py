"""The record of what the set-up made outside the home folder, for its removal."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from neural_style_protocol import atomic
from neural_style_protocol.paths import Home
from neural_style_protocol.set_up import RECORD


@dataclass(frozen=True)
class Record:
    """Copies of the plug-in, and folders that were made for them, outermost first."""

    plugins: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    @classmethod
    def read(cls, home: Home) -> Record:
        """The record of ``home``; an empty one if there is none, or if it is damaged."""
        try:
            values = json.loads(_file(home).read_text(encoding="utf-8"))
            return cls(tuple(map(str, values["plugins"])), tuple(map(str, values["folders"])))
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, home: Home) -> None:
        """Store it.

        Raises:
            StorageError: it cannot be stored.
        """
        atomic.write(_file(home), json.dumps(dataclasses.asdict(self), indent=2).encode())

    def extended(self, plugin: Path, folders: list[Path]) -> Record:
        """This record with one more copy."""
        return Record(
            tuple(dict.fromkeys((*self.plugins, str(plugin)))),
            tuple(dict.fromkeys((*self.folders, *map(str, folders)))),
        )


def _file(home: Home) -> Path:
    return home.root / RECORD
