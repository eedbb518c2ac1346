"""What was measured once on this machine, stored in the home."""

from __future__ import annotations

import json
import logging
import platform
from pathlib import Path

import torch

from neural_style import __version__
from neural_style_protocol import atomic
from neural_style_protocol.errors import StorageError
from neural_style_protocol.paths import Home

log = logging.getLogger(__name__)

CPUINFO = Path("/proc/cpuinfo")
CPUINFO_FIELDS = ("model name", "cpu family", "model", "stepping")


class MachineNotes:
    """Implements :class:`~neural_style.engine.network.notes.Notes` with a file.

    The answers hold for this version, this processor, PyTorch's version and its threads. Those of
    others stay in the file: a home may be shared by several machines.
    """

    def __init__(self, home: Home, machine: str | None = None) -> None:
        self._home = home
        self._file = home.machine
        self._machine = this_machine() if machine is None else machine

    def get(self, question: str, /) -> str | None:
        """The answer for this machine; None if it is missing."""
        return self._read().get(self._machine, {}).get(question)

    def __setitem__(self, question: str, answer: str, /) -> None:
        """Store an answer. If that fails, it will be found anew by the next process."""
        notes = self._read()
        notes[self._machine] = {**notes.get(self._machine, {}), question: answer}
        try:
            self._home.make_private_folder(self._file.parent)
            atomic.write(self._file, json.dumps(notes, indent=1).encode())
        except StorageError as problem:
            log.warning("%s", problem)

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            notes = json.loads(self._file.read_text(encoding="utf-8"))
            return {
                str(machine): {str(question): str(answer) for question, answer in answers.items()}
                for machine, answers in notes.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}  # missing or damaged


def this_machine(cpuinfo: Path = CPUINFO) -> str:
    """What the answers depend on, in words."""
    return ", ".join(
        (
            f"version {__version__}",
            _processor(cpuinfo),
            torch.backends.cpu.get_cpu_capability(),
            f"torch {torch.__version__}",
            f"{torch.get_num_threads()} threads",
        )
    )


def _processor(cpuinfo: Path) -> str:
    """The processor's model. Numbers go with its name, which several may share in a cloud."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []  # not Linux
    told: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        told.setdefault(name.strip(), value.strip())
    words = [told.get(name, "") for name in CPUINFO_FIELDS]
    return " ".join(words).strip() or platform.processor() or platform.machine()
