"""The base class of all messages: a frozen dataclass with a kind and typed fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar

from neural_style_protocol import fields
from neural_style_protocol.fields import Integer, Number, Text

MAX_COUNT = 2**31 - 1
JOB_NAME = 64
"""Most characters in the name of a job or a ticket."""

Name: TypeAlias = Annotated[str, Text(JOB_NAME)]
Count: TypeAlias = Annotated[int, Integer(0, MAX_COUNT)]
Real: TypeAlias = Annotated[float, Number()]

AnyMessage = TypeVar("AnyMessage", bound="Message")


@dataclass(frozen=True)
class Message:
    """A message with its ``kind`` on the wire; see :mod:`~neural_style_protocol.fields`."""

    kind: ClassVar[str]

    def header(self) -> dict[str, Any]:
        """The fields as plain values."""
        return fields.header_of(self)

    @classmethod
    def read(cls: type[AnyMessage], header: Mapping[str, object]) -> AnyMessage:
        """Read a message of this kind from ``header``.

        Raises:
            ProtocolError: a field is invalid, or fields contradict each other.
            InputError: a picture in it cannot be used.
        """
        message = fields.read(cls, header, cls.kind)
        message.check()
        return message

    def check(self) -> None:
        """Check fields against each other; raises the errors of :meth:`read`."""
