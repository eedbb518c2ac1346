"""Losses travel by the names of their terms, whichever there are."""

from __future__ import annotations

import math

import pytest

from neural_style_protocol.daemon_messages import Progress
from neural_style_protocol.errors import ProtocolError
from neural_style_protocol.losses import MAX_LOSSES, Losses


def progress(losses: object) -> Losses:
    header = {"job": "j", "step": 1, "total": 2, "fraction": 0.5, "elapsed": 1.0}
    return Progress.read({**header, "losses": losses}).losses


def test_any_term_arrives_and_the_total_is_none_of_them() -> None:
    found = progress({"content": 1, "of the future": 2.5, "total": 3.5})
    assert found == Losses({"content": 1.0, "of the future": 2.5}, 3.5)
    assert found.by_name == {"content": 1.0, "of the future": 2.5, "total": 3.5}
    assert list(found.by_name)[-1] == "total"
    assert progress({}) == Losses()


@pytest.mark.parametrize(
    "losses",
    [
        *(None, [], 5, {"content": None}, {"content": True}, {"content": "1"}),
        *({"content": math.nan}, {"total": math.inf}, {"x" * 65: 1.0}),
        {str(number): 1.0 for number in range(MAX_LOSSES + 1)},
    ],
)
def test_what_is_no_short_map_of_numbers_is_refused(losses: object) -> None:
    with pytest.raises(ProtocolError, match="no valid 'losses'"):
        progress(losses)
