"""The lines for a render farm ask for the same pictures as the command that printed them."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from contexts import context_of
from neural_style.batch.commands import Line, lines
from neural_style.batch.plan import Part
from neural_style.cli.batch import batch
from neural_style.cli.options import settings_from
from neural_style_protocol.settings import SCHEMA, Settings


def parsed(words: list[str]) -> dict[str, object]:
    with context_of(batch) as context:
        batch.parse_args(context, words)
    return context.params


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(strength=12.5, size=160, preset="draft", tileable=True, seed=7),
        Settings(preserve_colour="luminance", smoothness=0, device="cpu", initial="noise"),
    ],
)
def test_a_line_is_what_was_asked(tmp_path: Path, settings: Settings) -> None:
    content, style = tmp_path / "a b's.png", tmp_path / "$s.png"
    content.touch()
    style.touch()
    asked = Line(
        ("python", "-m", "neural_style"),
        (content, tmp_path),
        (style, style),
        tmp_path / "o ut",
        settings,
        {"--retry": "", "--arithmetic": "integers in float32", "--on": None, "--own-daemon": ""},
    )
    made = lines(asked, 3)
    assert len(set(made)) == 3
    for number, line in enumerate(made, start=1):
        program, found = shlex.split(line)[:4], parsed(shlex.split(line)[4:])
        assert program == ["python", "-m", "neural_style", "batch"]
        assert settings_from({s.name: found[s.name] for s in SCHEMA}) == settings
        assert found["contents"] == (content, tmp_path)
        assert found["styles"] == (style, style)
        assert getattr(found["output"], "path", None) == tmp_path / "o ut"
        assert (found["part"], found["retry"]) == (Part(number, 3), True)
        assert (found["arithmetic"], found["has_own_daemon"]) == ("integers in float32", True)


def test_a_line_works_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked = Line(("ns",), (Path("a.png"),), (Path("s.png"),), Path("out"), Settings(), {})
    assert lines(asked, 1) == [
        f"ns batch {tmp_path}/a.png --style {tmp_path}/s.png --output {tmp_path}/out --part 1/1"
    ]


@pytest.mark.parametrize("text", ["1/1", "2/5", "9999/10000"])
def test_parts_are_read(text: str) -> None:
    assert str(Part.read(text)) == text


@pytest.mark.parametrize("text", ["", "1", "0/1", "2/1", "-1/2", "1/2/3", "a/b", "1/99999", "1/0"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no part"):
        Part.read(text)
