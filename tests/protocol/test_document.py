"""docs/protocol.md says all that there is to say, and nothing that is not there."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from neural_style.bridge.bridge import QUEUE
from neural_style.bridge.pipes import WAITING
from neural_style_protocol import codec, daemon_messages, pixels, value_fields
from neural_style_protocol.bridge.controls import BRIDGE_VERSION, CONTROLS
from neural_style_protocol.bridge.parcels import MARK
from neural_style_protocol.client_messages import ACTIONS, MAX_STYLES, ROLES, ImageOffer
from neural_style_protocol.connection import Connection
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.job_list import JOBS_IN_A_LIST, JobSummary
from neural_style_protocol.pixels import PictureSpec
from protocol.strategies import KINDS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
SPEC_FIELDS = [field.name for field in dataclasses.fields(PictureSpec)]


def section(heading: str) -> str:
    """The part of the document under a heading."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", DOCUMENT, re.M | re.S)
    assert found is not None, f"there is no heading {heading!r}"
    return found.group(1)


def rows(text: str) -> list[str]:
    """The names in the first column of the tables in ``text``."""
    cells = re.findall(r"^\| (`[^|]*) \|", text, re.M)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_message_is_there_with_all_its_fields(kind: str) -> None:
    fields = [field.name for field in dataclasses.fields(KINDS[kind])]
    if "spec" in fields:
        place = fields.index("spec")
        fields[place : place + 1] = SPEC_FIELDS
    described = [row for row in rows(section(f"`{kind}`")) if row not in _in_a_job_list(kind)]
    assert described == fields


def _in_a_job_list(kind: str) -> set[str]:
    """The table of a listed job follows the last message of the daemon."""
    return {field.name for field in dataclasses.fields(JobSummary)} if kind == "goodbye" else set()


def test_no_message_is_there_that_is_not_sent() -> None:
    assert set(re.findall(r"^### `(.+)`$", DOCUMENT, re.M)) == set(KINDS)


def test_a_listed_job_is_there_with_all_its_fields() -> None:
    table = DOCUMENT.split("Each job in a `job-list`:")[1].split("\n## ")[0]
    assert rows(table) == [field.name for field in dataclasses.fields(JobSummary)]


def test_a_picture_is_there_with_all_its_fields() -> None:
    offered = {f.name for f in dataclasses.fields(ImageOffer)} - {"spec"} | set(SPEC_FIELDS)
    assert set(rows(section("Pictures"))) == offered


def test_the_connection_file_is_there_with_all_its_fields() -> None:
    fields = {field.name for field in dataclasses.fields(Connection)}
    assert set(rows(section("Connecting"))) == fields


def test_every_control_of_the_bridge_is_there_with_its_fields() -> None:
    row = re.compile(r"^\| `(\w+)` \| (?:client|bridge) \| (.*?) \|", re.M)
    table = dict(row.findall(section("The bridge")))
    assert table.keys() == CONTROLS.keys()
    for name, fields in table.items():
        if CONTROLS[name] is ErrorReply:
            continue  # described among the daemon's messages
        named = [field.name for field in dataclasses.fields(CONTROLS[name])]
        assert [word for word in re.findall(r"`(\w+)`", fields) if word in named] == named


def test_the_bridges_numbers_are_its_own() -> None:
    text = section("The bridge")
    assert text.strip().startswith(f"Version {BRIDGE_VERSION}.")
    assert f"At most {QUEUE} messages" in text
    assert f"{2 * WAITING} parcels" in text
    assert f"| 2 | `{MARK.decode()}` |" in text


def test_every_error_is_there() -> None:
    def codes(root: type[NeuralStyleError]) -> set[str]:
        # The command has errors of its own, which never travel; other tests may have loaded them.
        known = root.__subclasses__()
        children = (c for c in known if c.__module__.startswith("neural_style_protocol"))
        return {root.code}.union(*map(codes, children))

    assert set(rows(section("Errors"))) == codes(NeuralStyleError)


@pytest.mark.parametrize(
    "word",
    [
        *daemon_messages.DAEMON_STATES,
        *daemon_messages.JOB_STATES,
        *daemon_messages.ENDINGS,
        *ACTIONS,
        *ROLES,
    ],
)
def test_every_word_that_a_field_may_hold_is_there(word: str) -> None:
    assert f"`{word}`" in DOCUMENT


def test_the_numbers_are_the_programs_own() -> None:
    assert DOCUMENT.startswith(f"# The protocol\n\nVersion {codec.PROTOCOL_VERSION}.")
    assert f"at most {codec.MAX_HEADER_BYTES:,} bytes" in DOCUMENT
    assert f"at most {pixels.CHUNK_BYTES:,} of them" in DOCUMENT
    assert f"at most {pixels.MAX_PIXELS:,} pixels" in DOCUMENT
    assert f"up to {pixels.WINDOW_CHUNKS} chunks" in DOCUMENT
    assert f"1 to {MAX_STYLES} `style`" in DOCUMENT
    assert f"at most {JOBS_IN_A_LIST}; see below" in DOCUMENT
    sentences = section("Sentences")
    assert f"at most {value_fields.LONGEST_NAME} characters" in sentences
    assert f"at most {value_fields.LONGEST_VALUE} characters" in sentences
    assert f"at most {value_fields.LONGEST_TEMPLATE:,} characters" in sentences
    assert f"at most {value_fields.MOST_VALUES} values" in sentences
    assert f"as `{value_fields.OF_A_LATER_VERSION}`" in sentences
