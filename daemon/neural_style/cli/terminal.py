"""How words and names get to the terminal: one line each, never as markup or control sequences."""

from __future__ import annotations

import os
import sys
import unicodedata

import click

from neural_style.cli.streams import forgiving, to_nowhere
from neural_style_protocol.errors import StorageError

_HARMFUL = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_BYTES_AS_SURROGATES = range(0xDC80, 0xDD00)


class OutputError(StorageError):
    """What was asked for cannot be written to standard output."""

    default_next_step = "Send the output to another place."


def shown(text: object) -> str:
    """``text`` as a line that can be printed, whatever file names it holds.

    Control characters, line breaks, what turns the direction of writing, and bytes that are not
    UTF-8 become escapes such as ``\\n``, ``\\x1b`` and ``\\xe9``.
    """
    return "".join(_escaped(c) if _is_harmful(c) else c for c in str(text))


def print_lines(text: str) -> None:
    """Write ``text`` to standard output, each of its lines as :func:`shown` has it.

    Nothing happens if standard output is closed, or whoever read it has gone.

    Raises:
        OutputError: it cannot be written, as on a full disk.
    """
    write_out("".join(f"{shown(line)}\n" for line in text.split("\n")))


def write_out(text: str) -> None:
    """Write ``text`` to standard output as it is; otherwise like :func:`print_lines`."""
    stream = sys.stdout
    if stream is None or stream.closed:
        return
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        to_nowhere(stream)
    except OSError as error:
        to_nowhere(stream)
        raise OutputError(f"Standard output cannot be written to ({error.strerror}).") from error


def complain(*lines: str) -> None:
    """Write each line to standard error as :func:`shown` has it, as far as that is possible."""
    if sys.stderr is not None:
        stream = forgiving(sys.stderr)
        stream.write("".join(f"{shown(line)}\n" for line in lines if line))
        stream.flush()


def coloured(text: str, colour: str) -> str:
    """``text`` for standard output, in ``colour`` where people want that."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    if plain or sys.stdout is None or not sys.stdout.isatty():
        return text
    return click.style(text, fg=colour)


class Speaker:
    """What a command tells people on standard error while it works.

    With ``as_json`` nothing is printed. Notes are kept in either case, for the answer in JSON.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.notes: list[str] = []
        stream = None if sys.stderr is None else forgiving(sys.stderr)
        from rich.console import Console  # the service, started by this command, needs none of it

        self.console = Console(file=stream, stderr=True, quiet=as_json)

    def say(self, sentence: str) -> None:
        """Print a sentence, above the progress bar if there is one. Its line is never folded."""
        from rich.text import Text

        self.console.print(Text(shown(sentence)), soft_wrap=True)

    def note(self, sentence: str) -> None:
        """Say what was done to a picture or was not as expected, and keep it."""
        self.notes.append(sentence)
        self.say(sentence)


def _is_harmful(character: str) -> bool:
    return (
        unicodedata.category(character) in _HARMFUL
        or unicodedata.bidirectional(character) in _TURNING
    )


def _escaped(character: str) -> str:
    code = ord(character)
    if code in _BYTES_AS_SURROGATES:  # how Python has a file name's bytes that are not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
