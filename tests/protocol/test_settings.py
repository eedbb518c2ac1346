"""The settings schema: every value that it allows, and none other."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neural_style_protocol.errors import SettingsError
from neural_style_protocol.settings import SCHEMA, Setting, Settings, setting

numbers = [s for s in SCHEMA if s.kind in ("number", "integer")]
choices = [s for s in SCHEMA if s.kind == "choice"]
switches = [s for s in SCHEMA if s.kind == "switch"]
each_number = pytest.mark.parametrize("which", numbers, ids=lambda s: s.name)
each = pytest.mark.parametrize("which", SCHEMA, ids=lambda s: s.name)


@each
def test_the_default_is_allowed(which: Setting) -> None:
    assert which.check(which.default) == which.default


@each
def test_people_are_told_what_it_is(which: Setting) -> None:
    assert which.label[0].isupper()
    assert which.help.endswith(".")
    assert which.option == which.name.replace("_", "-")


@each_number
def test_its_range_holds_and_both_ends_are_in_it(which: Setting) -> None:
    assert which.minimum is not None
    assert which.maximum is not None
    step = 1 if which.kind == "integer" else 1e-6
    for end, outside in ((which.minimum, -step), (which.maximum, step)):
        assert which.check(end) == end
        with pytest.raises(SettingsError, match=which.label):
            which.check(end + outside * max(1, abs(end)))


@each_number
@pytest.mark.parametrize("value", ["5", None, True, [1], {}, math.nan, math.inf, -math.inf, b"1"])
def test_it_is_a_number(which: Setting, value: object) -> None:
    with pytest.raises(SettingsError):
        which.check(value)


@pytest.mark.parametrize("which", choices, ids=lambda s: s.name)
def test_a_choice_is_one_of_its_words(which: Setting) -> None:
    for choice in which.choices:
        assert which.check(choice) == choice
    for other in ("", "none of them", None, 3, ["draft"], True):
        with pytest.raises(SettingsError, match="cannot be"):
            which.check(other)


def test_a_device_may_be_a_card_by_its_name() -> None:
    device = setting("device")
    for card in ("cuda", "cuda:0", "cuda:12", "mps", "mps:0"):
        assert device.check(card) == card
    assert device.values == ("auto", "cpu", "cuda:0")
    for other in ("cuda:", "cuda:1x", "cuda:123", "mps:1", "cpu:0", "meta"):
        with pytest.raises(SettingsError, match="cannot be") as caught:
            device.check(other)
        assert "auto, cpu, cuda:0" in caught.value.next_step


@pytest.mark.parametrize("value", [0, 1, "yes", None, "true"])
def test_a_switch_is_on_or_off(value: object) -> None:
    switch = Setting("some", "switch", False, "Some", "Some.")
    assert switch.check(True) is True
    with pytest.raises(SettingsError, match="on or off"):
        switch.check(value)


def test_settings_travel_as_plain_values() -> None:
    changed = Settings(strength=12.5, preset="draft", seed=7)
    assert Settings.from_dict(changed.to_dict()) == changed
    assert Settings.from_dict({}) == Settings()


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text()))
def test_names_of_a_later_version_are_ignored(more: dict[str, object]) -> None:
    unknown = {name: value for name, value in more.items() if name not in {s.name for s in SCHEMA}}
    assert Settings.from_dict({**unknown, "strength": 10}) == Settings(strength=10.0)


@given(st.sampled_from(SCHEMA), st.none() | st.integers() | st.floats() | st.text() | st.binary())
def test_any_value_is_taken_or_refused(which: Setting, value: object) -> None:
    try:
        made = Settings.from_dict({which.name: value})
    except SettingsError:
        return
    assert getattr(made, which.name) == value


def test_the_schema_has_every_field_once_in_order() -> None:
    assert [s.name for s in SCHEMA] == [f.name for f in dataclasses.fields(Settings)]
    assert setting("strength").unit == "%"
    with pytest.raises(KeyError):
        setting("no such thing")
