"""The tables of docs/gpu.md, from the lines that the stages have written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NOT_MEASURED = "*not measured*"

Results = Sequence[Mapping[str, Any]]

BOUNDS: Sequence[tuple[str, str, str]] = (
    ("right", "waits", "the processor waits for the card once a step"),
    ("right", "same_seed", "the same seed gives the same bits"),
    ("right", "gradients", "gradients equal the processor's"),
    ("right", "tiles", "tiles equal the whole picture"),
    ("right", "textbook", "the textbook's losses are the processor's"),
    ("right", "suite", "the engine's tests pass"),
    ("hard", "thrown", "memory that runs out anywhere in a step costs no picture"),
    ("hard", "full_at_start", "a full card costs no picture"),
    ("hard", "poisoned", "a failed card is known as such"),
    ("hard", "given_back", "a picture's memory is given back"),
    ("hard", "cancelled", "24 megapixels stop within half a second"),
    ("hard", "little_memory", "12 megapixels are painted with 0.3 GiB and more"),
    ("hard", "killed", "pictures outlive their worker"),
    ("hard", "two_workers", "two workers share a card, and one that is lost costs nothing"),
)
"""Part, stage, and what it shows."""

SECONDS: Sequence[tuple[str, str, str]] = tuple(
    ("speed", stage, f"{preset}, {side} px")
    for stage, presets, sides in (
        ("presets", ("draft", "standard", "high"), (512, 1024, 2048)),
        ("large", ("standard", "high"), (4243, 6000)),
    )
    for preset in presets
    for side in sides
)

EVALUATIONS: Sequence[str] = tuple(
    f"{side} px, {dtype}"
    for side in (512, 1024, 2048)
    for dtype in ("float32", "bfloat16", "float16")
)
"""Names of the speed stage ``evaluations``."""


def tables(results: Results) -> str:
    """What was shown, the seconds of whole pictures, and the time of evaluations; Markdown."""
    shown = [(words, _verdict(results, part, stage)) for part, stage, words in BOUNDS]
    seconds = [(name, _value(results, part, stage, name)) for part, stage, name in SECONDS]
    evaluations = [(name, _value(results, "speed", "evaluations", name)) for name in EVALUATIONS]
    card = _value(results, "speed", "facts", "cuda:0")
    return "\n".join(
        [
            *_table(("Shown on a card", card), shown),
            "",
            *_table(("Seconds in the engine", card), seconds),
            "",
            *_table(("Milliseconds of an evaluation", card), evaluations),
        ]
    )


def _table(head: tuple[str, str], rows: Sequence[tuple[str, str]]) -> list[str]:
    return ["| {} | {} |".format(*head), "| --- | --- |", *("| {} | {} |".format(*r) for r in rows)]


def _of(results: Results, part: str, stage: str) -> Mapping[str, Any] | None:
    found = [it for it in results if (it["part"], it["stage"]) == (part, stage)]
    return found[-1] if found else None


def _verdict(results: Results, part: str, stage: str) -> str:
    found = _of(results, part, stage)
    if found is None or "skipped" in found or "skipped" in found.get("values", {}):
        return NOT_MEASURED
    if "failed" in found:
        return f"failed: {found['failed']}"
    return "; ".join(found["missed"]) or "yes"


def _value(results: Results, part: str, stage: str, name: str) -> str:
    found = _of(results, part, stage) or {}
    return str(found.get("values", {}).get(name, NOT_MEASURED))
