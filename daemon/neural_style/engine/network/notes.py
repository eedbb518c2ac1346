"""What was measured once on this machine, and is to stay as it was found."""

from __future__ import annotations

from typing import Protocol


class Notes(Protocol):
    """Answers by question. A ``dict`` forgets them with the process; the worker keeps a file.

    They hold for one machine, one version of PyTorch and one number of threads.
    """

    def get(self, question: str, /) -> str | None:
        """The answer, or None if there is none yet."""

    def __setitem__(self, question: str, answer: str, /) -> None:
        """Note an answer."""
