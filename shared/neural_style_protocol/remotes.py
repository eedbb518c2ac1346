"""Daemons on other machines: their connection files, and which daemon is used.

Each file is a copy of the one that ``neural-style serve --listen`` writes on the other machine.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from neural_style_protocol import atomic
from neural_style_protocol.connection import Connection
from neural_style_protocol.errors import DaemonUnreachable, SettingsError
from neural_style_protocol.paths import Home

LOCAL = "local"
"""The name for this machine's own daemon."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,40}")


class Remotes:
    """The remote daemons of ``home``, by name."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._folder = home.root / "remotes"
        self._chosen = self._folder / "chosen"

    def names(self) -> list[str]:
        """The names of all remote daemons, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def add(self, name: str, file: Path) -> Connection:
        """Store the connection in ``file`` under ``name``.

        Raises:
            SettingsError: the name is not allowed.
            DaemonUnreachable: the file is not a connection file.
            StorageError: it cannot be stored.
        """
        if not _NAME.fullmatch(name) or name == LOCAL:
            raise SettingsError(
                "A remote daemon cannot be called {name}.",
                next_step="Use letters, digits, dots and dashes.",
                name=repr(name),
            )
        try:
            connection = dataclasses.replace(Connection.read(file), remote=True)
        except DaemonUnreachable as error:
            raise DaemonUnreachable(
                "{problem}",
                next_step="Give the copy of run/remote-connection.json of the other machine.",
                problem=error.what,
            ) from error
        self._home.make_private_folder(self._folder)
        connection.write(self._path(name))
        return connection

    def remove(self, name: str) -> None:
        """Remove a remote daemon; if it was the chosen one, choose the local one.

        Raises:
            SettingsError: there is no daemon of that name.
        """
        self._check(name)
        if self.chosen() == name:
            self.choose(LOCAL)
        self._path(name).unlink()

    def choose(self, name: str) -> None:
        """Use the remote daemon ``name``, or LOCAL, from now on.

        Raises:
            SettingsError: there is no daemon of that name.
            StorageError: the choice cannot be stored.
        """
        if name != LOCAL:
            self._check(name)
        self._home.make_private_folder(self._folder)
        atomic.write(self._chosen, name.encode())

    def chosen(self) -> str:
        """The name of the chosen daemon."""
        try:
            return self._chosen.read_text(encoding="utf-8").strip() or LOCAL
        except OSError:
            return LOCAL

    def connection(self) -> Connection | None:
        """The chosen remote daemon's connection; None if the local one is chosen.

        Raises:
            DaemonUnreachable: its file is missing or damaged.
        """
        name = self.chosen()
        if name == LOCAL:
            return None
        try:
            return Connection.read(self._path(name))
        except DaemonUnreachable as error:
            raise DaemonUnreachable(
                "The remote daemon {quoted} has no usable connection file.",
                next_step="Run `neural-style remote add {name} FILE`, or "
                "`neural-style remote use local`.",
                quoted=repr(name),
                name=name,
            ) from error

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _check(self, name: str) -> None:
        if name not in self.names():
            raise SettingsError(
                "There is no remote daemon called {name}.",
                next_step="See `neural-style remote list`.",
                name=repr(name),
            )
