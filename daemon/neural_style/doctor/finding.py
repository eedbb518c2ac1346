"""What one look at one part of the installation found."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """How one part is.

    ``next_step`` is the one thing to do, empty where all is well. ``fix`` does it, where doing it
    is safe and needs no decision.
    """

    part: str
    level: Level
    sentence: str
    next_step: str = ""
    fix: Callable[[], object] | None = None


@dataclass(frozen=True)
class Answer:
    """What a program printed; ``worked`` is whether it ended well and in time."""

    worked: bool
    text: str
    errors: str

    @property
    def last_error(self) -> str:
        """The last line that it complained with."""
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing"


def ask(command: Sequence[str], seconds: float, *, env: dict[str, str] | None = None) -> Answer:
    """Run a program that answers a question, for at most ``seconds``."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            env=env,
        )
    except subprocess.TimeoutExpired:
        return Answer(False, "", f"no answer within {seconds:.0f} seconds")
    except OSError as error:
        return Answer(False, "", f"{command[0]}: {error.strerror}")
    return Answer(done.returncode == 0, done.stdout, done.stderr)
