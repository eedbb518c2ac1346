"""The schema of all settings.

Every setting of a picture is a field of :class:`Settings`. The options of the command line, the
arguments of the GIMP procedure, the dialog, the daemon's validation and the table in
docs/settings.md are made from the metadata here, so they always agree.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from neural_style_protocol.errors import SettingsError
from neural_style_protocol.phrases import Phrase

Kind = Literal["number", "integer", "choice", "switch"]


@dataclass(frozen=True)
class Setting:
    """How one setting is shown, checked and explained.

    Numbers and integers have an inclusive ``minimum`` and ``maximum``. ``choices`` maps each value
    of a choice to the text that the user sees; ``pattern`` is a regular expression for further
    values, and ``example`` shows one. ``zero`` is shown instead of 0 if 0 means automatic.
    ``step`` is the change for one press of a key.
    """

    name: str
    kind: Kind
    default: float | int | str | bool
    label: str
    help: str
    minimum: float | int | None = None
    maximum: float | int | None = None
    unit: str = ""
    zero: str = ""
    step: int = 1
    choices: Mapping[str, str] = dataclasses.field(default_factory=dict)
    pattern: str = ""
    example: str = ""
    advanced: bool = True

    @property
    def option(self) -> str:
        """The setting's name in GIMP and on the command line: ``style-scale``."""
        return self.name.replace("_", "-")

    @property
    def values(self) -> tuple[str, ...]:
        """The values of a choice, and an example of further ones."""
        return (*self.choices, *([self.example] if self.example else []))

    @property
    def bounds(self) -> tuple[str, str]:
        """The range as text: integers in full, other numbers without needless digits."""
        if self.kind == "integer":
            return str(self.minimum), str(self.maximum)
        return f"{self.minimum:g}", f"{self.maximum:g}"

    @property
    def _label(self) -> Phrase:
        return Phrase(self.label)

    def check(self, value: object) -> float | int | str | bool:
        """Check ``value``, and return it in this setting's type.

        Raises:
            SettingsError: ``value`` is of the wrong type, out of range, or not one of the choices.
        """
        if self.kind == "switch":
            return self._checked_switch(value)
        if self.kind == "choice":
            return self._checked_choice(value)
        return self._checked_number(value)

    def _checked_switch(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise SettingsError(
                "{label} is either on or off, not {value}.", label=self._label, value=repr(value)
            )
        return value

    def _checked_choice(self, value: object) -> str:
        is_known = isinstance(value, str) and (
            value in self.choices or re.fullmatch(self.pattern or "(?!)", value) is not None
        )
        if not isinstance(value, str) or not is_known:
            raise SettingsError(
                "{label} cannot be {value}.",
                next_step="Choose one of: {known}.",
                label=self._label,
                value=repr(value),
                known=", ".join(self.values),
            )
        return value

    def _checked_number(self, value: object) -> float | int:
        whole = self.kind == "integer"
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            raise SettingsError(
                "{label} must be a whole number, not {value}."
                if whole
                else "{label} must be a number, not {value}.",
                label=self._label,
                value=repr(value),
            )
        if self.minimum is None or self.maximum is None:
            raise ValueError(f"setting {self.name} has no range")
        if not math.isfinite(value) or not self.minimum <= value <= self.maximum:
            raise SettingsError(
                "{label} cannot be {value} {unit}." if self.unit else "{label} cannot be {value}.",
                next_step="Choose a value from {low} to {high} {unit}."
                if self.unit
                else "Choose a value from {low} to {high}.",
                label=self._label,
                value=value,
                low=self.minimum,
                high=self.maximum,
                unit=Phrase(self.unit),
            )
        return value if whole else float(value)


def _setting(
    kind: Kind, default: float | int | str | bool, label: str, help: str, **more: Any
) -> Any:
    metadata = {"kind": kind, "default": default, "label": label, "help": help, **more}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """The settings of one picture.

    Raises:
        SettingsError: a value is not allowed.
    """

    preset: str = _setting(
        "choice",
        "standard",
        "Preset",
        "How much work goes into the picture.",
        choices={
            "draft": "Draft: a first impression in seconds",
            "standard": "Standard: the finished picture",
            "high": "High: larger and slower",
            "textbook": "Textbook: Gatys et al., 300 × 450, 500 steps of Adam",
        },
        advanced=False,
    )
    strength: float = _setting(
        "number",
        50.0,
        "Strength",
        "How far the picture goes towards the style: 0 is the untouched picture, 100 is style "
        "with the subject just readable.",
        minimum=0.0,
        maximum=100.0,
        unit="%",
        advanced=False,
    )
    size: int = _setting(
        "integer",
        0,
        "Size",
        "Longest side of the picture that is computed; 0 lets the preset choose, up to the "
        "picture's own size.",
        minimum=0,
        maximum=16384,
        unit="pixels",
        zero="Automatic",
        step=128,
        advanced=False,
    )
    preserve_colour: str = _setting(
        "choice",
        "off",
        "Colours",
        "Whose colours the picture has.",
        choices={
            "off": "The style's",
            "luminance": "The photo's, place by place",
            "histogram": "The photo's palette",
        },
        advanced=False,
    )
    faces: bool = _setting(
        "switch",
        True,
        "Keep faces",
        "Whether people's eyes and mouths keep their shapes; they are painted all the same.",
    )
    style_scale: float = _setting(
        "number",
        100.0,
        "Style scale",
        "How large the style's strokes become relative to the picture; 100 gives the style image "
        "the picture's own area.",
        minimum=25.0,
        maximum=300.0,
        unit="%",
    )
    smoothness: float = _setting(
        "number",
        20.0,
        "Smoothness",
        "How far fine grain is smoothed away.",
        minimum=0.0,
        maximum=100.0,
        unit="%",
    )
    initial: str = _setting(
        "choice",
        "content",
        "Start from",
        "What is painted over: the picture keeps its details, noise invents its own.",
        choices={"content": "The picture", "noise": "Noise"},
    )
    tileable: bool = _setting(
        "switch",
        False,
        "Seamless",
        "Whether opposite edges meet, so that the picture can be repeated as a tile.",
    )
    iterations: int = _setting(
        "integer",
        0,
        "Iterations",
        "Most evaluations at each size; 0 lets the preset choose.",
        minimum=0,
        maximum=10000,
        zero="Automatic",
        step=10,
    )
    seed: int = _setting(
        "integer",
        0,
        "Seed",
        "The same seed on the same device gives the same picture.",
        minimum=0,
        maximum=2**31 - 1,
    )
    device: str = _setting(
        "choice",
        "auto",
        "Device",
        "What computes: the processor leaves the graphics card to other programs.",
        choices={"auto": "The fastest that there is", "cpu": "The processor"},
        pattern=r"cuda(:\d{1,2})?|mps(:0)?",
        example="cuda:0",
    )
    weights: str = _setting(
        "choice",
        "quantised",
        "Weights",
        "Which training of VGG-19 looks at the pictures.",
        choices={
            "quantised": "Original filters, 8 bits (comes with the program)",
            "torchvision": "Retrained filters, full precision (548 MB to download first)",
        },
    )

    def __post_init__(self) -> None:
        for setting in SCHEMA:
            object.__setattr__(self, setting.name, setting.check(getattr(self, setting.name)))

    def to_dict(self) -> dict[str, float | int | str | bool]:
        """Plain values by name, as in a ``submit`` message."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Settings:
        """Settings from plain values; unknown names are ignored.

        Raises:
            SettingsError: a value is not allowed.
        """
        known = {s.name: values[s.name] for s in SCHEMA if s.name in values}
        return cls(**known)  # type: ignore[arg-type]


def _read_schema() -> tuple[Setting, ...]:
    return tuple(Setting(name=f.name, **f.metadata) for f in dataclasses.fields(Settings))


SCHEMA: tuple[Setting, ...] = _read_schema()
"""All settings, in the order in which they are shown."""


def setting(name: str) -> Setting:
    """The setting called ``name``.

    Raises:
        KeyError: there is no such setting.
    """
    for candidate in SCHEMA:
        if candidate.name == name:
            return candidate
    raise KeyError(name)
