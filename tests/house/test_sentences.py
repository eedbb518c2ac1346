"""Errors are literal templates with values, so that a catalogue can know every one of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from protocol.templates import DAEMON, PLUGIN, SHARED, TRAVELLING, sources, templates_in

MADE_OF_OTHERS = {
    ("errors.py", "self._templates[0]"),
    ("errors.py", "self._templates[1]"),
    ("phrases.py", "getattr(error, 'strerror', None) or str(error)"),
    ("value_fields.py", "words"),
    ("value_fields.py", "template"),
    ("value_fields.py", "_cut(value.template, LONGEST_TEMPLATE)"),
    ("daemon_messages.py", "self.text"),
    ("controls.py", "self.text"),
    ("settings.py", "self.label"),
    ("settings.py", "self.unit"),
}
"""What takes a template from elsewhere: from a message, the system, or the schema of the settings,
whose words the catalogues have too."""


def test_what_can_be_shown_in_gimp_is_literal() -> None:
    found = [template for path in sources(*TRAVELLING) for template in templates_in(path)]
    assert {template.place for template in found if not template.texts} == MADE_OF_OTHERS
    assert len(found) > 150


@pytest.mark.parametrize("room", [SHARED, DAEMON, PLUGIN], ids=lambda room: room.name)
def test_no_value_is_written_into_a_template(room: Path) -> None:
    for path in sources(room):
        for template in templates_in(path):
            made = [n for n in ast.walk(template.node) if isinstance(n, (ast.JoinedStr, ast.BinOp))]
            assert not made, template.place


@pytest.mark.parametrize("room", [SHARED, DAEMON, PLUGIN], ids=lambda room: room.name)
def test_every_name_in_a_template_has_its_value(room: Path) -> None:
    templates = [template for path in sources(room) for template in templates_in(path)]
    assert sum(bool(template.names) for template in templates) >= (2 if room is PLUGIN else 30)
    missing = [(*t.place, name) for t in templates for name in t.names - t.given]
    assert missing == []
