"""What every message is: a frozen dataclass with a kind, whose fields say what they may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar

from neural_style_protocol import fields
from neural_style_protocol.fields import Number, Text, Whole

MAX_COUNT = 2**31 - 1
JOB_NAME = 64
"""Longest name of a job or a ticket."""

Name: TypeAlias = Annotated[str, Text(JOB_NAME)]
Count: TypeAlias = Annotated[int, Whole(0, MAX_COUNT)]
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
        """The message of this kind that ``header`` describes.

        Raises:
            ProtocolError: it has no valid fields, or they do not go together.
            InputError: it announces a picture that cannot be used.
        """
        message = fields.read(cls, header, cls.kind)
        message.check()
        return message

    def check(self) -> None:
        """Refuse what no field alone shows to be wrong; errors as in :meth:`read`."""
