"""How many workers there are, and on which graphics card each of them computes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from neural_style_protocol.daemon_messages import CardLine

VISIBLE = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
"""The variables that say which cards a process sees: on NVIDIA's, and on AMD's."""
ONLY_CARD = "cuda:0"
"""What the one card that a worker sees is called there."""


@dataclass(frozen=True)
class Place:
    """Where a worker computes.

    Attributes:
        card: its graphics card, as it is called when all are seen; empty if it sees all that there
            are, and chooses.
        variables: environment variables that let the worker see no other card.
        workers: how many workers share the processor and its memory.
        on_card: how many share the card; 0 if that is not known yet.
    """

    card: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1
    on_card: int = 0

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the worker's command line says of it; nothing for the only worker."""
        return (str(self.workers), str(self.on_card)) if self.workers > 1 else ()

    def suits(self, device: str) -> bool:
        """Whether a picture for ``device``, a value of the setting, can be computed here."""
        return not self.card or not device.startswith("cuda") or _numbered(device) == self.card

    def settings_inside(self, settings: Mapping[str, object]) -> Mapping[str, object]:
        """``settings`` with the device as the worker here calls it."""
        if self.card and str(settings.get("device", "")).startswith("cuda"):
            return {**settings, "device": ONLY_CARD}
        return settings

    def outside(self, cards: Sequence[CardLine]) -> tuple[CardLine, ...]:
        """The cards that the worker here sees, as they are called when all are seen."""
        if not self.card:
            return tuple(cards)
        return tuple(CardLine(self.card, card.name, card.free_bytes) for card in cards)


def places_for(
    cards: Sequence[CardLine],
    first: str,
    count: int | None,
    environment: Mapping[str, str] = os.environ,
) -> tuple[Place, ...]:
    """The places of ``count`` workers, or if it is None, of one worker for each card.

    Two or more workers on a machine with several cards take one each in turn, those with the most
    free memory first; the first worker keeps ``first``, the card that it has chosen.

    Args:
        cards: the cards that a worker sees in this environment.
        first: the device of the first worker; its card, or the processor.
    """
    several = [card for card in cards if card.device.startswith("cuda")]
    workers = count or max(1, len(several))
    if workers == 1:
        return (Place(),)
    if len(several) < 2:
        return (Place(workers=workers, on_card=workers),) * workers
    by_room = sorted(several, key=lambda card: (card.device != first, -card.free_bytes))
    names = [card.device for card in by_room]
    taken = [names[number % len(names)] for number in range(workers)]
    return tuple(
        Place(name, _only(name, environment), workers, taken.count(name)) for name in taken
    )


def _only(card: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables for a process that shall see ``card`` alone."""
    number = int(card.partition(":")[2])
    variables = {}
    for name in VISIBLE:
        seen = environment.get(name, "").split(",")
        if not environment.get(name):
            variables[name] = str(number)
        elif number < len(seen):
            variables[name] = seen[number].strip()
    return variables


def _numbered(device: str) -> str:
    return device if ":" in device else f"{device}:0"
