"""The command lines that paint a batch in parts, for whatever starts commands on many machines."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neural_style.batch.plan import Part
from neural_style_protocol.settings import SCHEMA, Settings


@dataclass(frozen=True)
class Line:
    """What was asked of a batch.

    Attributes:
        program: the start of the command line.
        options: further options with their values; an empty value is none, and is left out with
            its option if it is None.
    """

    program: Sequence[str]
    contents: Sequence[Path]
    styles: Sequence[Path]
    output: Path
    settings: Settings
    options: Mapping[str, str | None]

    def words(self, part: Part) -> Iterator[str]:
        """The command line for one part; it works in any folder."""
        yield from self.program
        yield "batch"
        yield from map(os.path.abspath, self.contents)
        for style in self.styles:
            yield from ("--style", os.path.abspath(style))
        yield from ("--output", os.path.abspath(self.output))
        yield from _settings_options(self.settings)
        for option, value in self.options.items():
            if value is not None:
                yield from [option, value] if value else [option]
        yield from ("--part", str(part))


def lines(asked: Line, count: int) -> list[str]:
    """``count`` command lines for a shell, which together paint all pictures."""
    parts = (Part(number, count) for number in range(1, count + 1))
    return [shlex.join(asked.words(part)) for part in parts]


def _settings_options(settings: Settings) -> Iterator[str]:
    """The options for the settings that are not as usual."""
    values = settings.to_dict()
    for setting in SCHEMA:
        value = values[setting.name]
        if value == setting.default:
            continue
        if setting.kind == "switch":
            yield f"--{setting.option}" if value else f"--no-{setting.option}"
        else:
            number = f"{value:g}" if isinstance(value, float) else str(value)
            yield from (f"--{setting.option}", number)
