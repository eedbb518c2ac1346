"""The connection file: the daemon's address, and the keys to connect to it.

It has mode 0600, in a folder of mode 0700. Only those who can read it can use the daemon.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from neural_style_protocol import atomic
from neural_style_protocol.errors import DaemonUnreachable


@dataclass(frozen=True)
class Connection:
    """The address and keys of a daemon. The keys are ZeroMQ's CURVE keys in Z85, 40 characters.

    A ``remote`` daemon is on another machine, so the link may drop and come back.
    """

    endpoint: str
    server_public_key: str
    client_public_key: str
    client_secret_key: str
    pid: int
    version: str
    remote: bool = False

    @classmethod
    def read(cls, path: Path) -> Connection:
        """Read the connection file at ``path``.

        Raises:
            DaemonUnreachable: the file is missing, or is not a connection file.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            names = [f.name for f in dataclasses.fields(cls) if f.name != "remote"]
            fields = {name: values[name] for name in names}
            fields["remote"] = values.get("remote", False) is True
        except FileNotFoundError as error:
            raise DaemonUnreachable("The daemon is not running.") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DaemonUnreachable(
                "The connection file {path} cannot be read.", path=path
            ) from error
        texts_ok = all(isinstance(fields[name], str) for name in names if name != "pid")
        keys_ok = all(len(str(fields[name])) == 40 for name in fields if name.endswith("_key"))
        if not texts_ok or not keys_ok or not isinstance(fields["pid"], int):
            raise DaemonUnreachable("The connection file {path} is damaged.", path=path)
        return cls(**fields)

    def write(self, path: Path) -> None:
        """Write this connection to ``path`` atomically; only its owner can read it.

        Raises:
            StorageError: the file cannot be written.
        """
        atomic.write(path, json.dumps(dataclasses.asdict(self), indent=2).encode())
