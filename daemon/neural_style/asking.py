"""Run another program for what it prints, with a timeout.

Standard library only: the installer uses this before there is an environment.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What a program printed; ``worked`` is whether it succeeded in time."""

    worked: bool
    text: str
    errors: str

    @property
    def last_error(self) -> str:
        """The last line of its standard error."""
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing"


def ask(command: Sequence[str], seconds: float, *, env: Mapping[str, str] | None = None) -> Answer:
    """Run ``command`` for at most ``seconds`` and return what it printed; raises nothing."""
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
