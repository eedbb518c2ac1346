"""Sentences as templates and values: in English, in another language, and over the wire."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neural_style_protocol.codec import MAX_HEADER_BYTES
from neural_style_protocol.daemon_messages import ErrorReply, Notice
from neural_style_protocol.errors import NeuralStyleError, ProtocolError, error_from_code
from neural_style_protocol.fields import LARGEST_EXACT
from neural_style_protocol.messages import decode_from_daemon, encode
from neural_style_protocol.phrases import (
    Amount,
    Duration,
    Phrase,
    Value,
    amount,
    duration,
    number,
    reason,
    render,
)
from neural_style_protocol.value_fields import (
    DEEPEST,
    LONGEST_TEMPLATE,
    LONGEST_VALUE,
    MOST_CHARACTERS,
    MOST_VALUES,
    OF_A_LATER_VERSION,
    packed,
)
from protocol.strategies import values

FRENCH = {
    "It takes {amount} for {width} pixels.": "Il faut {amount} pour {width} pixels.",
    "It failed: {why}": "Échec : {why}",
    "It is too {how}.": "C’est trop {how}.",
    "{whole}.{fraction}": "{whole},{fraction}",
    "{size} GB": "{size} Go",
    "{size} MB": "{size} Mo",
}

placed = st.lists(st.sampled_from(["{a}", "{b}", "{c_1}", "{", "}", "{0}", "{a.b}", "text "])).map(
    "".join
)


def in_french(template: str) -> str:
    return FRENCH.get(template, template)


def in_brackets(template: str) -> str:
    return f"[{template}]"


def header(values: object) -> list[bytes]:
    """An ``error`` message with anything as its values."""
    fields = {"code": "input", "sentence": "It is {x}.", "values": values}
    return [msgpack.packb({"v": 1, "type": "error", **fields})]


def test_a_size_is_written_in_the_readers_language() -> None:
    phrase = Phrase(
        "It takes {amount} for {width} pixels.", {"amount": Amount(3_100_000_000), "width": 800}
    )
    assert str(phrase) == "It takes 3.1 GB for 800 pixels."
    assert render(phrase, in_french) == "Il faut 3,1 Go pour 800 pixels."


def test_a_phrase_in_a_phrase_is_translated_too() -> None:
    phrase = Phrase("It failed: {why}", {"why": Phrase("It is too {how}.", {"how": 1.5})})
    assert str(phrase) == "It failed: It is too 1.5."
    assert render(phrase, in_french) == "Échec : C’est trop 1,5."


@pytest.mark.parametrize(
    ("count", "english", "french"),
    [
        (0, "10 MB", "10 Mo"),
        (523_000_000, "520 MB", "520 Mo"),
        (994_000_000, "990 MB", "990 Mo"),
        (995_000_000, "1.0 GB", "1,0 Go"),
        (12_340_000_000, "12.3 GB", "12,3 Go"),
    ],
)
def test_sizes(count: int, english: str, french: str) -> None:
    assert (amount(count), amount(count, in_french)) == (english, french)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 s"),
        (30, "30 s"),
        (59.6, "1 min 00 s"),
        (180, "3 min 00 s"),
        (200, "3 min 20 s"),
        (3_900, "1 h 05 min"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_every_part_of_a_duration_is_translated() -> None:
    assert duration(3_900, in_brackets) == "[1 h 05 min]"
    assert duration(200, in_brackets) == "[3 min 20 s]"
    assert str(Phrase("for {time}", {"time": Duration(200)})) == "for 3 min 20 s"


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (101.0, "101", "101"),
        (0.05, "0.05", "0,05"),
        (-2.5, "-2.5", "-2,5"),
        (100.00001, "100.00001", "100,00001"),
        (1.5e-7, "1.5e-07", "1,5e-07"),
    ],
)
def test_numbers(value: float, english: str, french: str) -> None:
    assert (number(value), number(value, in_french)) == (english, french)


def test_a_reason_is_what_the_system_says() -> None:
    assert str(reason(OSError(28, "No space left on device"))) == "No space left on device"
    assert str(reason(ValueError("wrong"))) == "wrong"


@given(placed, st.dictionaries(st.sampled_from(["a", "b", "c_1"]), st.text()))
def test_names_in_braces_are_replaced_once_and_nothing_else_is(
    template: str, texts: dict[str, str]
) -> None:
    values: dict[str, Value] = dict(texts)
    expected = template
    marks = {name: f"\x00{index}\x00" for index, name in enumerate(texts)}
    for name, mark in marks.items():
        expected = expected.replace(f"{{{name}}}", mark)
    pieces = expected.split("\x00")
    texts_by_index = list(texts.values())
    pieces[1::2] = [texts_by_index[int(index)] for index in pieces[1::2]]
    assert str(Phrase(template, values)) == "".join(pieces)


@pytest.mark.parametrize(
    "template",
    [
        "{x.__class__}",
        "{x[0]}",
        "{x!r}",
        "{x:>1000000000}",
        "{0}",
        "{}",
        "{{x}",
        "%s %(x)s",
        "{X}",
        "{x",
        "{__x}",
    ],
)
def test_a_template_can_ask_for_nothing_but_a_value(template: str) -> None:
    shown = str(Phrase(template, {"x": "value"}))
    assert shown == template.replace("{x}", "value")


def test_a_value_is_not_looked_through_for_names() -> None:
    assert str(Phrase("{a} {b}", {"a": "{b}", "b": "{a}"})) == "{b} {a}"


def test_the_empty_template_is_not_translated() -> None:
    assert render(Phrase(""), in_brackets) == ""


@given(st.text(max_size=60), st.text(max_size=60), values)
def test_an_error_is_read_as_it_was_raised(
    sentence: str, next_step: str, held: dict[str, Value]
) -> None:
    raised = error_from_code("input", sentence, next_step, held)
    (frame,) = encode(ErrorReply.of(raised))
    reply, _ = decode_from_daemon([frame])
    assert isinstance(reply, ErrorReply)
    arrived = reply.exception()
    assert (arrived.what, arrived.advice) == (raised.what, raised.advice)
    assert str(arrived) == str(raised)


@given(st.text(max_size=60), values)
def test_a_notice_is_read_as_it_was_made(template: str, held: dict[str, Value]) -> None:
    phrase = Phrase(template, held)
    notice, _ = decode_from_daemon(encode(Notice.of("job", phrase)))
    assert isinstance(notice, Notice)
    assert notice.phrase == phrase


def test_an_error_of_an_earlier_version_has_no_values() -> None:
    fields = {"code": "input", "sentence": "It has {braces}.", "next_step": "Do this."}
    reply, _ = decode_from_daemon([msgpack.packb({"v": 1, "type": "error", **fields})])
    assert isinstance(reply, ErrorReply)
    assert str(reply.exception()) == "It has {braces}. Do this."


def test_a_template_of_a_later_version_is_shown_with_its_values() -> None:
    fields = {"code": "of-the-future", "sentence": "The {thing} is {size}.", "next_step": "{go}"}
    held = {"thing": "flux", "size": {"bytes": 2 * 10**9}, "go": {"sentence": "Go.", "values": {}}}
    reply, _ = decode_from_daemon(
        [msgpack.packb({"v": 1, "type": "error", **fields, "values": held})]
    )
    assert isinstance(reply, ErrorReply)
    assert str(reply.exception()) == "The flux is 2.0 GB. Go."
    assert render(reply.exception().what, in_french) == "The flux is 2,0 Go."


def test_a_kind_of_value_of_a_later_version_does_no_harm() -> None:
    reply, _ = decode_from_daemon(header({"x": {"metres": 5}}))
    assert isinstance(reply, ErrorReply)
    assert reply.exception().sentence == f"It is {OF_A_LATER_VERSION}."


def nested(depth: int) -> dict[str, Any]:
    inner = nested(depth - 1) if depth > 1 else {}
    return {"x": {"sentence": "{x}", "values": inner}}


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        None,
        "text",
        {"x": None},
        {"x": True},
        {"x": []},
        {"x": 2**53 + 1},
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": "a" * (LONGEST_VALUE + 1)},
        {"x": {"bytes": -1}},
        {"x": {"bytes": 1.5}},
        {"x": {"bytes": True}},
        {"x": {"seconds": -1.0}},
        {"x": {"seconds": float("nan")}},
        {"x": {"sentence": "a" * (LONGEST_TEMPLATE + 1), "values": {}}},
        {"x": {"sentence": "a", "values": []}},
        {"x": {"sentence": 1, "values": {}}},
        {"": 1},
        {"X": 1},
        {"a.b": 1},
        {"__class__": 1},
        {"x" * 33: 1},
        {f"x{i}": i for i in range(MOST_VALUES + 1)},
        nested(DEEPEST),
        nested(60),
    ],
    ids=lambda wrong: repr(wrong)[:40],
)
def test_values_that_cannot_be_are_refused(wrong: object) -> None:
    with pytest.raises(ProtocolError, match="values"):
        decode_from_daemon(header(wrong))


@pytest.mark.parametrize(
    "name", ["sentence", "next_step", "self", "values", "code", "template", "what"]
)
def test_a_value_may_be_called_like_an_argument(name: str) -> None:
    frames = [
        msgpack.packb(
            {"v": 1, "type": "error", "code": "input", "sentence": "", "values": {name: "v"}}
        )
    ]
    reply, _ = decode_from_daemon(frames)
    assert isinstance(reply, ErrorReply)
    assert reply.exception().values == {name: "v"}


anything = st.recursive(
    st.text()
    | st.integers()
    | st.floats()
    | st.builds(Amount, st.integers())
    | st.builds(Duration, st.floats()),
    lambda inner: st.builds(
        Phrase, st.text(), st.dictionaries(st.from_regex(r"[a-z_]{1,40}", fullmatch=True), inner)
    ),
    max_leaves=30,
)


@given(
    st.text(),
    st.dictionaries(st.from_regex(r"[a-z_]{1,40}", fullmatch=True), anything, max_size=20),
)
def test_whatever_an_error_holds_can_be_sent(sentence: str, held: dict[str, Value]) -> None:
    error = NeuralStyleError(sentence)
    error.values = held
    reply, _ = decode_from_daemon(encode(ErrorReply.of(error)))
    assert isinstance(reply, ErrorReply)
    assert reply.exception().sentence == str(Phrase(reply.sentence, reply.values))


def test_the_largest_values_fit_into_a_header() -> None:
    broad = {f"x{i}": "\U0001f300" * LONGEST_VALUE for i in range(MOST_VALUES)}
    deep = {f"y{i}": Phrase("\U0001f300" * LONGEST_TEMPLATE, broad) for i in range(MOST_VALUES)}
    numbers = {f"x{i}": LARGEST_EXACT for i in range(MOST_VALUES)}
    twice = {f"y{i}": Phrase("", numbers) for i in range(MOST_VALUES)}
    whole = {f"z{i}": Phrase("", twice) for i in range(MOST_VALUES)}
    for held in (broad, deep, twice, whole):
        error = error_from_code("input", "\U0001f300" * 2_000, "\U0001f300" * 2_000, held)
        (frame,) = encode(ErrorReply.of(error))
        assert len(frame) < MAX_HEADER_BYTES


def test_what_is_too_much_travels_in_english() -> None:
    values: dict[str, Value] = {f"x{i}": i for i in range(MOST_VALUES + 1)}
    assert packed(values, "{x0} and {x16}.") == (["0 and 16."], {})
    long: dict[str, Value] = {
        f"x{i}": "y" * LONGEST_VALUE for i in range(MOST_CHARACTERS // LONGEST_VALUE)
    }
    assert packed(long, "{x0}") == (["y" * LONGEST_VALUE], {})
    deep: Value = "end"
    for _ in range(DEEPEST):
        deep = Phrase("<{x}>", {"x": deep})
    assert packed({"x": deep}, "{x}!") == (["<<<end>>>!"], {})


def test_the_bytes_of_a_name_that_are_no_text_become_escapes() -> None:
    (template,), values = packed({"name": "caf\udce9"}, "{name} is missing.")
    assert (template, values) == ("{name} is missing.", {"name": "caf\\udce9"})
