"""The exception tree, and its way through an error message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import NeuralStyleError, error_from_code


def carried(root: type[NeuralStyleError] = NeuralStyleError) -> list[type[NeuralStyleError]]:
    """``root`` and the errors under it that travel.

    Those that a command defines for itself end there, and are here only if it was imported.
    """
    kinds = [root, *(found for child in root.__subclasses__() for found in carried(child))]
    return [kind for kind in kinds if kind.__module__ == NeuralStyleError.__module__]


def test_every_code_is_used_once() -> None:
    codes = [kind.code for kind in carried()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("kind", carried(), ids=lambda kind: kind.__name__)
def test_an_error_arrives_as_it_was_raised(kind: type[NeuralStyleError]) -> None:
    raised = kind("It went wrong.", next_step="Do this.")
    arrived = ErrorReply.of(raised, job="j").exception()
    assert type(arrived) is kind
    assert (arrived.sentence, arrived.next_step) == ("It went wrong.", "Do this.")
    assert str(arrived) == "It went wrong. Do this."


@pytest.mark.parametrize("kind", carried(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_next_step_and_a_status(kind: type[NeuralStyleError]) -> None:
    assert kind("It went wrong.").next_step.endswith(".")
    assert 0 < kind.exit_status < 128


@given(st.text(max_size=40))
def test_a_code_of_a_later_version_is_an_error_all_the_same(code: str) -> None:
    assert isinstance(error_from_code(code, "It went wrong.", "", {}), NeuralStyleError)


def test_a_very_long_sentence_is_cut() -> None:
    assert len(ErrorReply.of(NeuralStyleError("x" * 9_999)).sentence) == 1_000
