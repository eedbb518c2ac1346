"""What a stage is: one measurement on a card, in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor

import pictures
from neural_style import weights
from neural_style.engine import Outcome, Progress, Render, StyleImage, Stylizer, Task
from neural_style.engine.plan.memory import free_memory, release_memory
from neural_style_protocol.phrases import Phrase
from neural_style_protocol.settings import Settings
from pretended_gpu.card import Card


@dataclass
class Found:
    """What a stage has found.

    Attributes:
        values: for the table, by name.
        missed: a sentence for each bound that was missed.
    """

    values: dict[str, Any] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def at_most(self, name: str, value: float, bound: float) -> None:
        """Keep a value that should be ``bound`` at most."""
        self.values[name] = value
        if not value <= bound:
            self.missed.append(f"{name} is {value:.4g}, and should be {bound:g} at most")

    def at_least(self, name: str, value: float, bound: float) -> None:
        """Keep a value that should be ``bound`` at least."""
        self.values[name] = value
        if not value >= bound:
            self.missed.append(f"{name} is {value:.4g}, and should be {bound:g} at least")

    def must(self, name: str, holds: bool) -> None:
        """Keep whether something is as it should be."""
        self.values[name] = holds
        if not holds:
            self.missed.append(f"{name} does not hold")


@dataclass(frozen=True)
class Bench:
    """Where a stage works.

    Attributes:
        device: the card.
        pretended: the card, if it is only pretended.
        tiny: whether the sizes are those at which the stage itself is tested.
        home: the folder of the weights.
    """

    device: torch.device
    pretended: Card | None
    tiny: bool
    home: Path

    def sized(self, usual: Any, tiny: Any) -> Any:
        """One of the two, by :attr:`tiny`."""
        return tiny if self.tiny else usual

    @property
    def weights(self) -> Path:
        return weights.ensure(self.home)

    def stylizer(self) -> Stylizer:
        return Stylizer(self.weights, device=str(self.device))

    def wait(self) -> None:
        """Wait until the card has done everything."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        elif self.device.type == "mps":
            torch.mps.synchronize()

    @contextmanager
    def hog(self, left: int) -> Iterator[None]:
        """Leave so many bytes free on the card."""
        if self.pretended is not None:
            card = self.pretended
            card.others_bytes = max(0, card.total_bytes - card.live_bytes - left)
            yield
            card.others_bytes = 0
            return
        size = max(0, free_memory(self.device) - left)
        held = torch.empty(size, dtype=torch.uint8, device=self.device)
        yield
        del held
        release_memory(self.device)


Work: TypeAlias = Callable[[Bench], Found]


@dataclass
class Painted:
    """One picture: what came of it, and what was told on the way."""

    outcome: Outcome
    losses: list[float]
    notices: list[Phrase]


def picture(name: str, longest: int) -> Tensor:
    """A picture of tests/pictures.py, enlarged if it is smaller."""
    found = pictures.tensor(name, min(longest, 400))
    if max(found.shape[1:]) >= longest:
        return found
    scale = longest / max(found.shape[1:])
    size = [round(side * scale) for side in found.shape[1:]]
    larger = torch.nn.functional.interpolate(found[None], size, mode="bicubic")[0]
    return larger.clamp(0, 1).contiguous()


def paint(
    stylizer: Stylizer,
    longest: int,
    observe: Callable[[Progress, Render], bool] = lambda progress, render: True,
    **settings: object,
) -> Painted:
    """Paint a picture of that size."""
    chosen = Settings.from_dict({"preset": "draft", "size": longest, **settings})
    losses: list[float] = []
    notices: list[Phrase] = []

    def watch(progress: Progress, render: Render) -> bool:
        losses.append(progress.losses.total)
        return observe(progress, render)

    task = Task(picture("china", longest), (StyleImage(picture("strokes", 400)),), chosen)
    outcome = stylizer.stylize(task, watch, on_notice=notices.append)
    return Painted(outcome, losses, notices)
