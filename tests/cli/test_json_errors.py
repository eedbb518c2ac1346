"""With ``--json`` every failure is one JSON object on standard output, with the notes in it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import click
import pytest
from PIL import Image

from cli.conftest import Run
from neural_style.cli import estimate
from neural_style.cli.json_output import print_json
from neural_style.cli.mistakes import as_neural_style_error


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (["stylize", "none.png", "STYLE", "-o", "OUT"], "input", 3),
        (["stylize", "PHOTO", "STYLE", "-o", "OUT", "--strength", "101"], "settings", 2),
        (["stylize", "PHOTO", "STYLE", "-o", "OUT", "--strength", "much"], "usage", 2),
        (["stylize", "PHOTO", "STYLE", "-o", "OUT", "--strength"], "usage", 2),
        (["stylize", "PHOTO", "STYLE"], "usage", 2),
        (["stylize", "PHOTO", "-o", "OUT"], "usage", 2),
        (["stylize"], "usage", 2),
        (["stylize", "PHOTO", "STYLE", "-o", "OUT", "--no-such"], "usage", 2),
        (["stylize", "PHOTO", "STYLE", "-o", "OUT", "--style-region", "1", "2"], "usage", 2),
        (["stylize", "PHOTO", "STYLE", "-o", "OUT", *["--style-weight", "1"] * 2], "usage", 2),
        (["stylize", "PHOTO", "STYLE", "-o", "no/such/folder/x.png"], "storage", 7),
        (["gallery", "PHOTO", "STYLE", "-o", "OUT", "--strengths", "x"], "settings", 2),
        (["gallery", "PHOTO", "-o", "OUT"], "usage", 2),
        (["estimate"], "usage", 2),
        (["estimate", "none.png"], "input", 3),
        (["fetch", "zzz", "-o", "OUT"], "unknown-job", 6),
        (["rerun", "zzz", "-o", "OUT", "--strength", "900"], "settings", 2),
        (["show", "zzz"], "unknown-job", 6),
        (["show"], "usage", 2),
        (["jobs", "one-too-many"], "usage", 2),
        (["stylise", "PHOTO"], "usage", 2),
        (["weights", "fetchh"], "usage", 2),
        (["remote", "use", "nowhere"], "usage", 2),
        (["doctor", "--fixx"], "usage", 2),
        ([], "usage", 2),
    ],
)
def test_every_failure_is_one_json_object(
    run: Run,
    content: Path,
    style: Path,
    tmp_path: Path,
    arguments: list[str],
    code: str,
    status: int,
) -> None:
    places = {"PHOTO": content, "STYLE": style, "OUT": tmp_path / "out.png"}
    given = [places.get(word, word) for word in arguments]
    done = run(*given[:1], "--json", *given[1:])
    assert (done.status, done.err) == (status, "")
    assert len(done.out.splitlines()) == 1
    assert set(done.json) == {"error"}
    assert done.json["error"]["code"] == code
    assert done.json["error"]["sentence"].endswith((".", "?", "!", ")"))
    assert done.json["error"]["next_step"]
    words = run(*given)
    assert "{" not in words.out
    if given:
        assert words.status == status
        assert words.err.startswith("Error: ")


def test_a_file_named_json_does_not_turn_on_json(run: Run, style: Path, tmp_path: Path) -> None:
    done = run("stylize", "-o", tmp_path / "out.png", "--", "--json", style)
    assert (done.status, done.out) == (3, "")
    assert "There is no file --json" in done.err


def test_notes_are_in_the_json(
    run: Run, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGBA", (32, 32), (255, 0, 0, 9)).save(tmp_path / "alpha.png")
    Image.new("CMYK", (32, 32), (255, 0, 0, 0)).save(tmp_path / "ink.jpg")
    output = tmp_path / "out.jpg"
    done = run("stylize", tmp_path / "alpha.png", tmp_path / "ink.jpg", "-o", output, "--json")
    notes = done.json["notes"]
    assert any("CMYK" in note for note in notes)
    assert any("became white" in note for note in notes)
    fetched = run("fetch", done.json["job"], "-o", output, "--json").json
    assert any("became white" in note for note in fetched["notes"])
    start = ["--initial-picture", style]
    started = run("stylize", tmp_path / "alpha.png", style, "-o", output, *start, "--json").json
    assert started["notes"] == ["style.png: The initial picture was scaled to 32 × 32 pixels."]
    monkeypatch.setattr(estimate, "estimate_for", lambda *asked, **options: {"width": 32})
    assert run("estimate", tmp_path / "ink.jpg", "--json").json["notes"]


def test_nan_and_infinity_become_null_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"total": math.nan, "all": [1.5, math.inf, {"x": -math.inf}]})
    assert json.loads(capsys.readouterr().out) == {"total": None, "all": [1.5, None, {"x": None}]}


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (FileNotFoundError(2, "No such file or directory", "a.png"), "storage", "a.png cannot be"),
        (OSError("odd"), "storage", "The system refused (odd)."),
        (MemoryError(), "input", "not enough memory"),
        (click.Abort(), "interrupted", "Stopped."),
        (KeyboardInterrupt(), "interrupted", "Stopped."),
        (click.FileError("a.png", "is odd"), "usage", "a.png"),
        (ZeroDivisionError("x"), "internal", "unexpected went wrong (ZeroDivisionError: x)"),
    ],
)
def test_every_exception_becomes_a_sentence(error: BaseException, code: str, words: str) -> None:
    failure = as_neural_style_error(error)
    assert (failure.code, words in failure.sentence) == (code, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["stylise", "a.png"], "Did you mean `neural-style stylize`?"),
        (["weights", "verfy"], "Did you mean `neural-style weights verify`?"),
        (["remote", "lst"], "Did you mean `neural-style remote list`?"),
        (["photo.jpg", "style.jpg"], "neural-style stylize CONTENT STYLE -o OUTPUT"),
        (["stylize", "--strenth", "5"], "'--strength'"),
        (["gallery", "--strength", "5"], "'--strengths'"),
    ],
)
def test_a_misspelled_command_gets_a_suggestion(run: Run, arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.status == 2
    assert words in done.err
    assert "--help`" in done.err


def test_an_unrelated_word_gets_no_suggestion(run: Run) -> None:
    done = run("xyzzy")
    assert (done.status, "Did you mean" in done.err) == (2, False)
    assert "There is no command 'xyzzy'." in done.err
