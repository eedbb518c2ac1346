"""Find the graphics card of this machine that PyTorch may be able to use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from neural_style.asking import ask

ANSWER_SECONDS = 20.0

_NVIDIA_VENDOR = "0x10de"
_DISPLAY_CLASS = "0x03"
_GFX_VERSION = re.compile(r"^gfx_target_version (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Accelerator:
    """The graphics card.

    Attributes:
        kind: the maker, or ``none`` if PyTorch cannot use a card here.
        description: for the user.
        chips: AMD's names of its chips here, such as ``gfx90a``.
    """

    kind: Literal["nvidia", "amd", "none"]
    description: str
    chips: tuple[str, ...] = ()


def find_accelerator(system: Path = Path("/")) -> Accelerator:
    """The card that PyTorch may use; ``system`` is the folder that contains ``sys``."""
    if ask(["nvidia-smi"], ANSWER_SECONDS).worked:
        return Accelerator("nvidia", "NVIDIA")
    if _has_nvidia_card(system):
        return Accelerator("none", "NVIDIA, but without its own driver, so it cannot compute")
    chips = _amd_chips(system)
    if chips:
        return Accelerator("amd", f"AMD ({', '.join(chips)})", chips)
    return Accelerator("none", "none that PyTorch can use")


def _has_nvidia_card(system: Path) -> bool:
    devices = (system / "sys/bus/pci/devices").glob("*")
    return any(
        _text(device / "vendor").strip() == _NVIDIA_VENDOR
        and _text(device / "class").startswith(_DISPLAY_CLASS)
        for device in devices
    )


def _amd_chips(system: Path) -> tuple[str, ...]:
    """AMD's names of the chips that the kernel's compute driver lists; CPUs have number 0.

    gfx90a is 90010: the last two places of the number take two decimal digits each.
    """
    nodes = sorted((system / "sys/class/kfd/kfd/topology/nodes").glob("*/properties"))
    found = (_GFX_VERSION.search(_text(node)) for node in nodes)
    numbers = [int(match[1]) for match in found if match and int(match[1])]
    return tuple(f"gfx{n // 10000}{n // 100 % 100:x}{n % 100:x}" for n in numbers)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
