"""Records of unfinished runs, whose plug-in process ended before the daemon finished."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from neural_style_protocol.client import Client
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from process_times import is_running

FOLDER = "gimp-runs"
KEPT_SECONDS = 60 * 86_400
"""Two months; older records are removed."""

RECORD, ALPHA, MASK, THUMBNAIL = "json", "alpha", "mask", "png"


@dataclass(frozen=True)
class UnfinishedRun:
    """A job, the properties of its layer, and the plug-in process that waits for it.

    The pixels of the layer's alpha and mask, and a thumbnail of the source, are in files beside the
    record.

    Attributes:
        job: the job's name.
        name: the layer's name.
        width, height: the layer's size, in pixels.
        pid: the plug-in process.
        x, y: the layer's offsets in an image of ``image_size``.
        style, settings: those of the layer's record.
        alpha: the sample type of the layer's alpha; empty if it has none.
        started: the start time of the process; tells it from a later one with the same number,
            which is common in the sandbox of a Flatpak.
        digest: identifies the content image.
        image_name: the image's name for the user.
        image_uri: that of the image's file; empty if it has none.
        eight_bits: whether the image has 8 bits for each channel, and not more.
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
    started: str = ""
    digest: str = ""
    image_name: str = ""
    image_uri: str = ""
    eight_bits: bool = True

    def submit(self, client: Client) -> str:
        """Follow the existing job, and resume it if it is paused; returns its name.

        Raises:
            UnknownJobError: the daemon does not have the job any more.
        """
        if client.job(self.job).state == "paused":
            client.change(self.job, "resume")
        client.watch(self.job)
        return self.job


@dataclass(frozen=True)
class Wanted:
    """A run that the user wants to have now, in the open image or in a new one."""

    run: UnfinishedRun
    as_new_image: bool


def remember(
    home: Home,
    run: UnfinishedRun,
    alpha: Picture | None,
    mask: bytes | None,
    thumbnail: bytes | None = None,
) -> None:
    """Store ``run`` until :func:`forget`. A failure is ignored: it must not prevent painting.

    ``thumbnail`` is a PNG file; None leaves the one that is stored.
    """
    with contextlib.suppress(OSError):
        _folder(home).mkdir(exist_ok=True)
        if thumbnail is not None:
            _file(home, run.job, THUMBNAIL).write_bytes(thumbnail)
        for kind, data in ((ALPHA, alpha.data if alpha is not None else None), (MASK, mask)):
            if data is not None:
                _file(home, run.job, kind).write_bytes(zlib.compress(data, 1))
        _file(home, run.job).write_text(json.dumps(dataclasses.asdict(run)), encoding="utf-8")


def forget(home: Home, job: str) -> None:
    """Remove the record of ``job``."""
    for kind in (RECORD, ALPHA, MASK, THUMBNAIL):
        with contextlib.suppress(OSError):
            _file(home, job, kind).unlink(missing_ok=True)


def orphaned(home: Home) -> list[UnfinishedRun]:
    """The runs whose plug-in process has ended, the newest first; removes very old records."""
    with contextlib.suppress(OSError):
        files = sorted(_folder(home).glob(f"*.{RECORD}"), key=_written)
        for file in files:
            if _written(file) < time.time() - KEPT_SECONDS:
                forget(home, file.stem)
        runs = [run for run in map(_read, reversed(files)) if run is not None]
        return [run for run in runs if not is_running(run.pid, run.started)]
    return []


def alpha_of(home: Home, run: UnfinishedRun) -> Picture | None:
    """The alpha for the layer, 1 channel; None if it has none, or the file is lost."""
    data = _plane(home, run, ALPHA)
    if data is None or not run.alpha:
        return None
    with contextlib.suppress(NeuralStyleError):
        return Picture.of(run.width, run.height, 1, data, run.alpha)
    return None


def mask_of(home: Home, run: UnfinishedRun) -> bytes | None:
    """The mask for the layer, 16 bits a pixel; None if it has none, or the file is lost."""
    data = _plane(home, run, MASK)
    return data if data is not None and len(data) == 2 * run.width * run.height else None


def thumbnail_of(home: Home, run: UnfinishedRun) -> Path:
    """The file with the thumbnail of the run's source; it may be missing."""
    return _file(home, run.job, THUMBNAIL)


def _plane(home: Home, run: UnfinishedRun, kind: str) -> bytes | None:
    try:
        return zlib.decompress(_file(home, run.job, kind).read_bytes())
    except (OSError, zlib.error):
        return None


def _written(path: Path) -> float:
    return path.stat().st_mtime


def _read(path: Path) -> UnfinishedRun | None:
    try:
        run = UnfinishedRun(**json.loads(path.read_text(encoding="utf-8")))
        width, height = run.image_size
        return dataclasses.replace(run, image_size=(int(width), int(height)))
    except (OSError, ValueError, TypeError):
        return None


def _folder(home: Home) -> Path:
    return home.root / FOLDER


def _file(home: Home, job: str, kind: str = RECORD) -> Path:
    return _folder(home) / f"{job}.{kind}"
