"""Some of the inputs that docs/reliability.md tells of, with both kinds of msgpack."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgpack
import pytest
from msgpack import fallback

from neural_style_protocol import codec
from neural_style_protocol.errors import ProtocolError
from protocol.fuzz import fuzz


def pure_packb(value: object, **options: Any) -> bytes:
    packed: bytes = fallback.Packer(**options).pack(value)
    return packed


PURE = SimpleNamespace(
    packb=pure_packb, unpackb=fallback.unpackb, UnpackException=msgpack.UnpackException
)
"""msgpack as it is in GIMP's Python on most systems."""


def test_changed_messages_are_taken_or_refused() -> None:
    outcome = fuzz(inputs=20_000, seed=5)
    assert outcome["taken"] > 500
    assert outcome["refused"] > 500


def test_msgpack_in_pure_python_takes_and_refuses_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = fuzz(inputs=4_000, seed=6)
    monkeypatch.setattr(codec, "msgpack", PURE)
    assert fuzz(inputs=4_000, seed=6) == compiled


def test_what_is_nested_too_deeply_is_refused_in_pure_python_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deep = b"\x81\xa1a" * 10_000 + b"\xc0"
    with pytest.raises(ProtocolError, match="not msgpack"):
        codec.unpack([deep])
    monkeypatch.setattr(codec, "msgpack", PURE)
    with pytest.raises(ProtocolError, match="not msgpack"):
        codec.unpack([deep])
