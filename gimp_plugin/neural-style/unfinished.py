"""Runs that GIMP did not see the end of: their pictures wait in the daemon to be fetched."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path

from neural_style_protocol.client import Client
from neural_style_protocol.paths import Home

FOLDER = "gimp-runs"


@dataclass(frozen=True)
class UnfinishedRun:
    """A job, the name and size of its layer, and the plug-in process that waits for it."""

    job: str
    name: str
    width: int
    height: int
    pid: int

    def submit(self, client: Client) -> str:
        """Follow the job that is there already; its name."""
        client.watch(self.job)
        return self.job


def remember(home: Home, run: UnfinishedRun) -> None:
    """Keep ``run`` until :func:`forget`. That it cannot be written is no reason not to paint."""
    with contextlib.suppress(OSError):
        _folder(home).mkdir(exist_ok=True)
        _file(home, run.job).write_text(json.dumps(dataclasses.asdict(run)), encoding="utf-8")


def forget(home: Home, job: str) -> None:
    """The job's end was seen."""
    with contextlib.suppress(OSError):
        _file(home, job).unlink(missing_ok=True)


def newest(home: Home) -> UnfinishedRun | None:
    """The last run whose own plug-in process is gone; None if there is none."""
    with contextlib.suppress(OSError):
        files = sorted(_folder(home).glob("*.json"), key=lambda path: path.stat().st_mtime)
        for run in map(_read, reversed(files)):
            if run is not None and not _is_alive(run.pid):
                return run
    return None


def _read(path: Path) -> UnfinishedRun | None:
    try:
        return UnfinishedRun(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _folder(home: Home) -> Path:
    return home.root / FOLDER


def _file(home: Home, job: str) -> Path:
    return _folder(home) / f"{job}.json"
