"""Print text and file names at the terminal: one line each, never as control sequences."""

from __future__ import annotations

import os
import sys
import unicodedata
from typing import TYPE_CHECKING

import click

from neural_style.cli.streams import ignoring_errors, redirect_to_null
from neural_style_protocol.errors import StorageError
from neural_style_protocol.phrases import reason

if TYPE_CHECKING:
    from rich.console import Console

_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDIRECTIONAL = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_BYTES_AS_SURROGATES = range(0xDC80, 0xDD00)


class OutputError(StorageError):
    """The answer cannot be written to standard output."""

    default_next_step = "Send the output to another place."


def printable(text: object) -> str:
    """``text`` as one line that is safe to print, whatever file names it contains.

    Control characters, line breaks, characters that change the writing direction, and bytes that
    are not UTF-8 become escapes such as ``\\n``, ``\\x1b`` and ``\\xe9``.
    """
    return "".join(_escaped(c) if _is_unsafe(c) else c for c in str(text))


def print_lines(text: str) -> None:
    """Write ``text`` to standard output, each line made :func:`printable`.

    Nothing happens if standard output is closed or has no reader any more.

    Raises:
        OutputError: standard output cannot be written to, for example because the disk is full.
    """
    write_out("".join(f"{printable(line)}\n" for line in text.split("\n")))


def write_out(text: str) -> None:
    """Write ``text`` to standard output unchanged; otherwise like :func:`print_lines`."""
    stream = sys.stdout
    if stream is None or stream.closed:
        return
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        redirect_to_null(stream)
    except OSError as error:
        redirect_to_null(stream)
        raise OutputError(
            "Standard output cannot be written to ({reason}).", reason=reason(error)
        ) from error


def print_error(*lines: str) -> None:
    """Write each line, made :func:`printable`, to standard error; failures are ignored."""
    if sys.stderr is not None:
        stream = ignoring_errors(sys.stderr)
        stream.write("".join(f"{printable(line)}\n" for line in lines if line))
        stream.flush()


def coloured(text: str, colour: str) -> str:
    """``text`` for standard output, in ``colour`` if that is a terminal that shows colours."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    if plain or sys.stdout is None or not sys.stdout.isatty():
        return text
    return click.style(text, fg=colour)


class Speaker:
    """Prints a command's messages on standard error while it works.

    With ``as_json`` nothing is printed. Notes are always kept, for the answer in JSON.
    """

    def __init__(self, *, as_json: bool, console: Console | None = None) -> None:
        self.as_json = as_json
        self.notes: list[str] = []
        stream = None if sys.stderr is None else ignoring_errors(sys.stderr)
        from rich.console import Console  # here, because the service does not need it

        self.console = console or Console(file=stream, stderr=True, quiet=as_json)

    def apart(self) -> Speaker:
        """Another one with notes of its own, for one of several pictures."""
        return Speaker(as_json=self.as_json, console=self.console)

    def say(self, sentence: str) -> None:
        """Print a sentence as one line, above the progress bar if there is one."""
        from rich.text import Text

        self.console.print(Text(printable(sentence)), soft_wrap=True)

    def note(self, sentence: str) -> None:
        """Print and keep a sentence about a change to a picture, or something unexpected."""
        self.notes.append(sentence)
        self.say(sentence)


def _is_unsafe(character: str) -> bool:
    return (
        unicodedata.category(character) in _UNPRINTABLE
        or unicodedata.bidirectional(character) in _BIDIRECTIONAL
    )


def _escaped(character: str) -> str:
    code = ord(character)
    if code in _BYTES_AS_SURROGATES:  # a byte of a file name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
