"""Names at the terminal: unchanged, on one line, and without control sequences."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from cli.conftest import Run
from neural_style.cli.terminal import Speaker, coloured, print_lines, printable
from neural_style_protocol.paths import VARIABLE, Home
from service.standin_daemon import StandinDaemon


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("photo.png", "photo.png"),
        ("写真 ü 👩‍🎨.png", "写真 ü 👩‍🎨.png"),
        ("[bold]a[/x] :heart: 100%s", "[bold]a[/x] :heart: 100%s"),
        ("two\nlines\r\t.png", "two\\nlines\\r\\t.png"),
        ("\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"),
        ("\x9b31m\x7f\0", "\\x9b31m\\x7f\\x00"),
        (os.fsdecode(b"caf\xe9.png"), "caf\\xe9.png"),
        ("\ud800", "\\ud800"),
        ("gnp\u202e.exe\u2066\u2028", "gnp\\u202e.exe\\u2066\\u2028"),
        (7, "7"),
    ],
)
def test_every_name_is_printed_as_one_harmless_line(text: object, safe: str) -> None:
    assert printable(text) == safe
    assert printable(text).encode()


@pytest.mark.parametrize("name", ["[id]", "a[bold]b", "live [/b]", ":heart:", "x [", "\x1b[31m\n"])
def test_names_are_printed_unchanged(capsys: pytest.CaptureFixture[str], name: str) -> None:
    speaker = Speaker(as_json=False)
    speaker.note(f"{name} is said.")
    assert capsys.readouterr().err == f"{printable(name)} is said.\n"
    assert speaker.notes == [f"{name} is said."]


def test_with_json_notes_are_kept_and_nothing_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    speaker = Speaker(as_json=True)
    speaker.say("one")
    speaker.note("two")
    assert (capsys.readouterr().err, speaker.notes) == ("", ["two"])


def test_characters_that_standard_output_cannot_encode_are_escaped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    print_lines("96 × 64\n写")
    assert stream.buffer.getvalue() == b"96 \\xd7 64\n\\u5199\n"  # type: ignore[attr-defined]


def test_colours_are_only_for_terminals_that_show_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert coloured("x", "red") != "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert coloured("x", "red") == "x"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert coloured("x", "red") == "x"


ODD_NAMES = [
    b"cover [dQw4w9WgXcQ].png",
    b"live [/b].png",
    b"12:heart:30.png",
    b"two\nlines.png",
    b"caf\xe9.png",
    b"\x1b[31mred.png",
    b"-photo.png",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_pictures_of_any_name_are_painted_and_named(
    run: Run, content: Path, style: Path, tmp_path: Path, name: bytes
) -> None:
    given, output = tmp_path / os.fsdecode(name), tmp_path / os.fsdecode(name + b"-out.png")
    for path in (given, output):
        path.parent.mkdir(exist_ok=True)  # one name holds a slash
    given.write_bytes(content.read_bytes())
    done = run("stylize", given, style, given, "-o", output)
    assert done.status == 0, done.err
    assert output.exists()
    lines = done.err.splitlines()
    assert f"{printable(output)} (12 × 8)." in lines[-1]
    assert any(printable(given.name) in line and "2 styles" in line for line in lines)
    assert "\x1b" not in done.err
    refused = run("stylize", given.with_name(f"no {given.name}"), style, "-o", output)
    assert "\x1b" not in refused.err
    assert len(refused.err.splitlines()) == 2


def test_no_line_of_a_log_is_wrapped(
    run: Run, content: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    folder = tmp_path / ("a-long-name-" * 8) / ("and more of it " * 6)
    folder.mkdir(parents=True)
    done = run("stylize", content, style, "-o", folder / "out.png")
    lines = done.err.splitlines()
    assert str(folder / "out.png") in lines[-1]
    assert all(lines)  # nor is there an empty line in place of the progress bar
    jobs = run("jobs").out.splitlines()
    assert len({line.count("stylize") for line in jobs[1:]}) == 1


def test_a_path_is_not_wrapped_on_a_narrow_terminal(
    home_daemon: StandinDaemon, content: Path, style: Path, tmp_path: Path
) -> None:
    output = tmp_path / ("words of a name " * 5) / "out.png"
    output.parent.mkdir()
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "neural_style", "stylize", content, style, "-o", output],
        env={**os.environ, VARIABLE: str(home_daemon.home.root), "COLUMNS": "40", "TERM": "xterm"},
        stderr=inner,
    )
    os.close(inner)
    printed = b""
    try:
        while chunk := os.read(outer, 65536):
            printed += chunk
    except OSError:
        pass  # the other end is closed
    os.close(outer)
    assert process.wait() == 0
    assert str(output).encode() in printed
    assert b"Painting" in printed


def shell(home: Home, line: str, *arguments: object) -> tuple[int, str]:
    """The exit status and the error output of ``neural-style``, run by the shell line ``line``."""
    words = [sys.executable, "-m", "neural_style", *map(str, arguments)]
    done = subprocess.run(
        ["bash", "-c", line, "bash", *words],
        env={**os.environ, VARIABLE: str(home.root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ('"$@" >&-', 0),
        ('"$@" 2>&-', 0),
        ('"$@" <&-', 0),
        ('"$@" >&- 2>&- <&-', 0),
        ('"$@" 2>/dev/full', 0),
        ('"$@" --json >&-', 0),
        ('"$@" --json >/dev/full', 7),
        ('"$@" --json | true; exit ${PIPESTATUS[0]}', 0),
        ('"$@" 2> >(true); exit $?', 0),
    ],
)
def test_a_stream_that_cannot_be_written_does_not_stop_the_painting(
    home_daemon: StandinDaemon, content: Path, style: Path, tmp_path: Path, line: str, status: int
) -> None:
    home_daemon.start()
    output = tmp_path / "out.png"
    ended, complaints = shell(home_daemon.home, line, "stylize", content, style, "-o", output)
    assert ended == status, complaints
    with Image.open(output) as made:
        assert made.size == (12, 8)
    assert ("Standard output cannot be written to" in complaints) is (status == 7)


@pytest.mark.parametrize("command", [["jobs"], ["jobs", "--json"], ["show", ""], ["status"]])
def test_a_broken_pipe_is_no_failure(home_daemon: StandinDaemon, command: list[str]) -> None:
    home_daemon.start()
    ended, complaints = shell(home_daemon.home, '"$@" | true; exit ${PIPESTATUS[0]}', *command)
    assert ended == (6 if command[0] == "show" else 0), complaints
    full, complaints = shell(home_daemon.home, '"$@" >/dev/full', *command)
    assert full == (6 if command[0] == "show" else 7), complaints


def test_a_json_error_that_cannot_be_written_is_printed_as_text(home_daemon: StandinDaemon) -> None:
    home_daemon.start()
    ended, complaints = shell(home_daemon.home, '"$@" >/dev/full', "show", "zzz", "--json")
    assert ended == 6
    assert "no job whose name begins with 'zzz'" in complaints
