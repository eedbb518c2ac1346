"""Find the graphics card of this machine that PyTorch can use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from neural_style.asking import ask

ANSWER_SECONDS = 20.0

_CUDA = re.compile(r"CUDA Version: (\d+)\.(\d+)")
_NVIDIA_VENDOR = "0x10de"
_DISPLAY_CLASS = "0x03"
_GFX_VERSION = re.compile(r"^gfx_target_version (\d+)$", re.MULTILINE)

ROCM_CHIPS = frozenset(
    {
        *(90000, 90006, 90008, 90010, 90402, 90500, 100300),
        *(110000, 110001, 110002, 110500, 110501, 120000, 120001),
    }
)
"""AMD's chips that PyTorch's builds for ROCm support, by the kernel's numbers.

gfx900 is 90000 and gfx90a is 90010: the last two places take two decimal digits each.
"""


@dataclass(frozen=True)
class Accelerator:
    """The graphics card.

    Attributes:
        kind: the maker, or ``none`` if PyTorch cannot use a card here.
        description: for the user.
        cuda: the newest CUDA version that an NVIDIA card's driver can run.
    """

    kind: Literal["nvidia", "amd", "none"]
    description: str
    cuda: tuple[int, int] | None = None


def find_accelerator(system: Path = Path("/")) -> Accelerator:
    """The card that PyTorch can use; ``system`` is the folder that contains ``sys``."""
    cuda = _driver_cuda()
    if cuda is not None:
        description = f"NVIDIA, with a driver for CUDA {cuda[0]}.{cuda[1]}"
        return Accelerator("nvidia", description, cuda)
    if _has_nvidia_card(system):
        return Accelerator("none", "NVIDIA, but without its own driver, so it cannot compute")
    chips = _amd_chips(system)
    if chips & ROCM_CHIPS:
        return Accelerator("amd", "AMD, of a kind that ROCm supports")
    if chips:
        return Accelerator("none", "AMD, of a kind that ROCm does not support")
    return Accelerator("none", "none that PyTorch can use")


def _driver_cuda() -> tuple[int, int] | None:
    answer = ask(["nvidia-smi"], ANSWER_SECONDS)
    match = _CUDA.search(answer.text) if answer.worked else None
    return (int(match[1]), int(match[2])) if match else None


def _has_nvidia_card(system: Path) -> bool:
    devices = (system / "sys/bus/pci/devices").glob("*")
    return any(
        _text(device / "vendor").strip() == _NVIDIA_VENDOR
        and _text(device / "class").startswith(_DISPLAY_CLASS)
        for device in devices
    )


def _amd_chips(system: Path) -> set[int]:
    """The AMD chips that the kernel's compute driver lists; CPUs, which have number 0, are left
    out."""
    nodes = (system / "sys/class/kfd/kfd/topology/nodes").glob("*/properties")
    found = (_GFX_VERSION.search(_text(node)) for node in nodes)
    return {int(match[1]) for match in found if match and int(match[1])}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
