"""Ranks as torchrun starts them, and a photo and a style for them."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from neural_style.picture_files.decoded import Samples
from ranks.a_rank import picture

PATIENCE = 250
"""Seconds for one run."""


def samples(height: int, width: int, seed: int) -> Samples:
    """(height, width, 3)."""
    planes = picture(height, width, seed).mul(255).round().byte()
    return np.ascontiguousarray(planes.permute(1, 2, 0).numpy())


def write_pictures(folder: Path, height: int, width: int) -> None:
    """Write ``photo.tif`` in strips, and ``style.png``."""
    tifffile.imwrite(folder / "photo.tif", samples(height, width, 1), rowsperstrip=16)
    Image.fromarray(samples(60, 50, 2)).save(folder / "style.png")


def torchrun(
    count: int,
    folder: Path,
    *words: str,
    restarts: int = 0,
    module: str = "neural_style.ranks",
) -> subprocess.Popen[str]:
    """Start ``module`` as so many ranks in ``folder``, with the pictures there."""
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(count)),
        *("--master-port", str(_free_port()), "--max-restarts", str(restarts)),
        *("-m", module, "photo.tif", "--style", "style.png", *words),
    ]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
