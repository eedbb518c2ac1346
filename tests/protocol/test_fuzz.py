"""Some of the inputs that docs/reliability.md tells of."""

from __future__ import annotations

from protocol.fuzz import fuzz


def test_changed_messages_are_taken_or_refused() -> None:
    outcome = fuzz(inputs=20_000, seed=5)
    assert outcome["taken"] > 500
    assert outcome["refused"] > 500
