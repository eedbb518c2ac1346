"""Runs that GIMP did not see the end of: their pictures wait in the daemon to be fetched."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from neural_style_protocol.client import Client
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture

FOLDER = "gimp-runs"


@dataclass(frozen=True)
class UnfinishedRun:
    """A job, what its layer was going to be, and the plug-in process that waits for it.

    ``x`` and ``y`` are the layer's offsets in an image of ``image_size``; ``style`` and
    ``settings`` are what the layer's record holds; ``alpha`` is the sample type of the layer's
    alpha, empty if it has none.
    """

    job: str
    name: str
    width: int
    height: int
    pid: int
    x: int = 0
    y: int = 0
    image_size: tuple[int, int] = (0, 0)
    style: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    alpha: str = ""

    def submit(self, client: Client) -> str:
        """Follow the job that is there already, and go on with it if it is paused; its name.

        Raises:
            UnknownJobError: the daemon does not have it any more.
        """
        if client.job(self.job).state == "paused":
            client.change(self.job, "resume")
        client.watch(self.job)
        return self.job


def remember(home: Home, run: UnfinishedRun, alpha: Picture | None) -> None:
    """Keep ``run`` until :func:`forget`. That it cannot be written is no reason not to paint."""
    with contextlib.suppress(OSError):
        _folder(home).mkdir(exist_ok=True)
        if alpha is not None:
            _alpha_file(home, run.job).write_bytes(zlib.compress(alpha.data, 1))
        _file(home, run.job).write_text(json.dumps(dataclasses.asdict(run)), encoding="utf-8")


def forget(home: Home, job: str) -> None:
    """The job's end was seen, or nobody wants it."""
    for file in (_file(home, job), _alpha_file(home, job)):
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def waiting(home: Home) -> list[UnfinishedRun]:
    """The runs whose own plug-in process is gone, the last one first."""
    with contextlib.suppress(OSError):
        files = sorted(_folder(home).glob("*.json"), key=lambda path: path.stat().st_mtime)
        runs = [run for run in map(_read, reversed(files)) if run is not None]
        return [run for run in runs if not _is_alive(run.pid)]
    return []


def alpha_of(home: Home, run: UnfinishedRun) -> Picture | None:
    """The alpha that the layer is to have: 1 channel; None if it has none, or it is lost."""
    if not run.alpha:
        return None
    try:
        data = zlib.decompress(_alpha_file(home, run.job).read_bytes())
        return Picture.of(run.width, run.height, 1, data, run.alpha)
    except (OSError, zlib.error, NeuralStyleError):
        return None


def _read(path: Path) -> UnfinishedRun | None:
    try:
        run = UnfinishedRun(**json.loads(path.read_text(encoding="utf-8")))
        width, height = run.image_size
        return dataclasses.replace(run, image_size=(int(width), int(height)))
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


def _alpha_file(home: Home, job: str) -> Path:
    return _folder(home) / f"{job}.alpha"
