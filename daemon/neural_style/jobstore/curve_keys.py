"""The keys of an encrypted connection, for its server and its client."""

from __future__ import annotations

import json
from dataclasses import dataclass

import zmq


@dataclass(frozen=True)
class CurveKeys:
    """The key pair of a server and that of a client, in Z85."""

    server_public: bytes
    server_secret: bytes
    client_public: bytes
    client_secret: bytes

    @classmethod
    def generate(cls) -> CurveKeys:
        return cls(*zmq.curve_keypair(), *zmq.curve_keypair())

    @classmethod
    def from_json(cls, text: bytes) -> CurveKeys:
        """The keys that :meth:`to_json` has written.

        Raises:
            ValueError: it is something else.
        """
        try:
            return cls(**{name: key.encode() for name, key in json.loads(text).items()})
        except (TypeError, AttributeError) as error:
            raise ValueError("these are no keys") from error

    def to_json(self) -> bytes:
        """The keys in one line of text."""
        return json.dumps({name: key.decode() for name, key in vars(self).items()}).encode()
