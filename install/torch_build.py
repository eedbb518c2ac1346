"""Choose the build of PyTorch for this machine's graphics card: uv knows which there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from install.accelerator import Accelerator
from install.console import say, warn
from install.pip_settings import PipSettings
from neural_style.asking import Answer

INDEXES = "https://download.pytorch.org/whl"
"""The base address of PyTorch's own indexes; each build has one, named as the build's versions are
labelled."""

KINDS = ("cpu", "cuda", "rocm")
RANGE = "torch>=2.6,<3"
"""The requirement of pyproject.toml."""

ANY_AMD_CHIP = "gfx1100"
"""For a user who asks for ROCm where no chip is found: the builds are the same for all chips."""

Resolve = Callable[[str, str, Mapping[str, str]], Answer]
"""What uv would install for a requirement, a backend and variables: ``torch==2.9.1+cpu``."""


@dataclass(frozen=True)
class TorchBuild:
    """A build of PyTorch.

    Attributes:
        kind: one of ``KINDS``, or ``""`` if it is unknown.
        description: for the user.
        download_gb, disk_gb: the sizes with all dependencies, rounded up.
        index: the address of its index; None for pip's default.
        requirement: the requirement for pip.
    """

    kind: str
    description: str
    download_gb: float
    disk_gb: float
    index: str | None = None
    requirement: str = RANGE

    def is_same_kind(self, version: str) -> bool:
        """Whether ``version``, such as ``2.9.1+cpu``, is a build for the same hardware."""
        label = version.partition("+")[2]
        if self.kind in {"cpu", "rocm"}:
            return label.startswith(self.kind)
        return self.kind == "cuda" and label == self.requirement.partition("+")[2]


FOR_CPU = TorchBuild("cpu", "for the processor alone", 0.4, 1.2)
FOR_CUDA = TorchBuild("cuda", "for NVIDIA cards", 3.5, 7.0)
FOR_ROCM = TorchBuild("rocm", "for AMD cards", 6.0, 20.0)
DEFAULT = TorchBuild("cuda", "with libraries for NVIDIA cards", 3.2, 6.5)


def from_index(index: str) -> TorchBuild:
    """The build from an index that the user gave; its size is unknown."""
    return replace(DEFAULT, kind="", description=f"from {index}", index=index)


def choose(
    card: Accelerator, settings: PipSettings, resolve: Resolve, kind: str | None = None
) -> TorchBuild:
    """Choose the build for this machine; prints which, and why if it is not the best one.

    Args:
        card: the graphics card of this machine.
        settings: the user's settings for pip. If they have a mirror, no other index is used.
        resolve: asks uv.
        kind: one of ``KINDS``, if the user chose one.
    """
    say(f"Graphics card: {card.description}")
    wanted = kind or {"nvidia": "cuda", "amd": "rocm", "none": "cpu"}[card.kind]
    if wanted == "cuda" and card.kind != "nvidia":
        build = DEFAULT
    elif settings.has_own_index:  # uv would go past a mirror, to PyTorch's own indexes
        warn("pip has an index of your choice, so PyTorch comes from there as well")
        build = DEFAULT
    else:
        build = _resolved(wanted, card, resolve)
    say(f"PyTorch {build.requirement.removeprefix('torch')} {build.description}")
    return build


def _resolved(kind: str, card: Accelerator, resolve: Resolve) -> TorchBuild:
    """The build that uv chooses; without an answer from it the default, with a warning."""
    # "auto" takes a large build for Intel's graphics, which the engine cannot use, and sees AMD's
    # cards only where ROCm's own programs are. So it is told what was found here.
    tries: list[tuple[str, dict[str, str]]] = [("cpu", {})]
    if kind == "rocm":
        chips = card.chips or (ANY_AMD_CHIP,)
        tries = [*(("auto", {"UV_AMD_GPU_ARCHITECTURE": chip}) for chip in chips), *tries]
    elif kind == "cuda":
        tries = [("auto", {}), *tries]
    for backend, variables in tries:
        answer = resolve(RANGE, backend, variables)
        if answer.worked:
            return _build_of(answer.text.strip(), kind)
    warn(f"uv cannot choose ({answer.last_error}): it will be the usual PyTorch, which is larger")
    return DEFAULT


def _build_of(requirement: str, kind: str) -> TorchBuild:
    label = requirement.partition("+")[2]
    if label == "cpu" and kind != "cpu":
        warn("PyTorch has no build for that card or its driver")
        say(f"After an update of the driver, run ./install.sh --torch {kind}")
    known = {"cpu": FOR_CPU, "rocm": FOR_ROCM}.get(label.rstrip("0123456789."), FOR_CUDA)
    index = f"{INDEXES}/{label}" if label else None
    return replace(known, index=index, requirement=requirement)
