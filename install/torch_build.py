"""Choose the build of PyTorch for this machine's graphics card."""

from __future__ import annotations

import platform
import re
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from install.accelerator import Accelerator
from install.console import say, warn
from install.pip_settings import PipSettings

INDEXES = "https://download.pytorch.org/whl"
"""The base address of PyTorch's own indexes; each build has one."""

CPU, CUDA_12 = "cpu", "cu126"
ROCM = ("rocm7.2", "rocm7.1", "rocm7.0", "rocm6.4", "rocm6.3")
DEFAULT_CUDA, OLDEST_CUDA = (13, 0), (12, 0)
"""The CUDA version of the default index's build, and the oldest that the CUDA 12 build supports."""

KINDS = ("cpu", "cuda", "rocm")
ANSWER_SECONDS = 8.0
OLDEST_TORCH, NEXT_TORCH = (2, 6), (3,)
"""The range of pyproject.toml."""

_LARGE = re.compile(
    r"^Requires-Dist: ((?:nvidia|cuda|rocm|triton|pytorch-triton)[\w.-]*)(?:\[([\w,-]*)\])?(.*)$",
    re.MULTILINE,
)
_WHEEL = re.compile(r">\s*(torch-(\d+)\.(\d+)\.(\d+)(\+\w[\w.]*)?-(\w+)-\w+-([\w.]+)\.whl)\s*<")


@dataclass(frozen=True)
class TorchBuild:
    """A build of PyTorch.

    Attributes:
        kind: one of ``KINDS``, or ``""`` if it is unknown.
        description: for the user.
        download_gb, disk_gb: the sizes with all dependencies, rounded up.
        index: the address of its index; None for pip's default.
        version: the exact version, if it is known.
    """

    kind: str
    description: str
    download_gb: float
    disk_gb: float
    index: str | None = None
    version: str | None = None

    @property
    def requirement(self) -> str:
        """The requirement for pip."""
        if self.version is not None:
            return f"torch=={self.version}"
        oldest, limit = (".".join(map(str, end)) for end in (OLDEST_TORCH, NEXT_TORCH))
        return f"torch>={oldest},<{limit}"

    def is_same_kind(self, version: str) -> bool:
        """Whether ``version``, such as ``2.9.1+cpu``, is a build for the same hardware."""
        label = version.partition("+")[2]
        if self.kind in {"cpu", "rocm"}:
            return label.startswith(self.kind)
        return self.kind == "cuda" and label == (self.version or "").partition("+")[2]


FOR_CPU = TorchBuild("cpu", "for the processor alone", 0.4, 1.2)
FOR_CUDA_12 = TorchBuild("cuda", "for NVIDIA cards, with CUDA 12", 3.5, 7.0)
FOR_ROCM = TorchBuild("rocm", "for AMD cards", 6.0, 20.0)
DEFAULT = TorchBuild("cuda", "with libraries for NVIDIA cards", 3.2, 6.5)


def from_index(index: str) -> TorchBuild:
    """The build from an index that the user gave; its size is unknown."""
    return replace(DEFAULT, kind="", description=f"from {index}", index=index)


def large_requirements(metadata: str) -> list[str]:
    """The large requirements in PyTorch's package metadata: the libraries for graphics cards.

    A requirement with several extras is returned once for each extra.
    """
    found = []
    for name, parts, rest in _LARGE.findall(metadata):
        if "extra ==" not in rest:
            found += [f"{name}[{part}]{rest}" if part else name + rest for part in parts.split(",")]
    return found


def choose(
    card: Accelerator, settings: PipSettings, kind: str | None = None, *, indexes: str = INDEXES
) -> TorchBuild:
    """Choose the build for this machine; prints which, and why if it is not the best one.

    Args:
        card: the graphics card of this machine.
        settings: the user's settings for pip. If they have a mirror, no other index is used.
        kind: one of ``KINDS``, if the user chose one.
        indexes: the base address of PyTorch's own indexes.
    """
    say(f"Graphics card: {card.description}")
    wanted = kind or {"nvidia": "cuda", "amd": "rocm", "none": "cpu"}[card.kind]
    if wanted == "cuda" and card.cuda is not None and card.cuda < OLDEST_CUDA:
        warn("That driver is too old for PyTorch. Update it, then run ./install.sh --torch cuda")
        wanted = "cpu"
    candidates = _candidates(wanted, card)
    if candidates and settings.has_own_index:
        warn("pip has an index of your choice, so PyTorch comes from there as well")
        candidates = []
    build = _first_reachable([(b, f"{indexes}/{name}") for b, name in candidates], settings)
    version = f"{build.version} " if build.version else ""
    say(f"PyTorch {version}{build.description}")
    return build


def _candidates(kind: str, card: Accelerator) -> list[tuple[TorchBuild, str]]:
    """Builds, the best first, each with the name of an index that may have it."""
    if kind == "rocm":
        return [*((FOR_ROCM, name) for name in ROCM), (FOR_CPU, CPU)]
    if kind == "cpu":
        return [(FOR_CPU, CPU)]
    if card.cuda is not None and card.cuda < DEFAULT_CUDA:
        return [(FOR_CUDA_12, CUDA_12)]
    return []


def _first_reachable(
    candidates: Sequence[tuple[TorchBuild, str]], settings: PipSettings
) -> TorchBuild:
    """The first candidate that its index has for this Python; else the default, with a warning."""
    problem = ""
    for build, index in candidates:
        try:
            version = _newest(_page(f"{index}/torch/", settings))
        except urllib.error.HTTPError as error:
            problem = f"{index} answers with status {error.code}"
        except OSError as error:
            problem = f"{index} cannot be reached ({_reason(error)})"
            break  # the other indexes are on the same server
        else:
            if version is not None:
                return replace(build, index=index, version=version)
            problem = f"{index} has nothing for this Python"
    if problem:
        warn(f"{problem}: it will be the usual PyTorch, which is larger")
    return DEFAULT


def _page(address: str, settings: PipSettings) -> str:
    """The page at ``address``, fetched with pip's certificates and proxy."""
    context = ssl.create_default_context(cafile=settings.values.get("cert"))
    handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=context)]
    proxy = settings.values.get("proxy")
    if proxy:
        handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
    opener = urllib.request.build_opener(*handlers)
    with opener.open(address, timeout=ANSWER_SECONDS) as answer:
        content: bytes = answer.read()
    return unquote(content.decode("utf-8", errors="replace"))


def _newest(page: str) -> str | None:
    """The newest version in an index's page for this Python and machine, such as ``2.9.1+cpu``."""
    python, machine = f"cp{sys.version_info[0]}{sys.version_info[1]}", platform.machine()
    found = [
        (tuple(map(int, match.group(2, 3, 4))), match[5] or "")
        for match in _WHEEL.finditer(page)
        if match[6] == python and match[7].endswith(f"_{machine}") and "linux" in match[7]
    ]
    usable = [item for item in found if OLDEST_TORCH <= item[0] < NEXT_TORCH]
    if not usable:
        return None
    numbers, label = max(usable)
    return ".".join(map(str, numbers)) + label


def _reason(error: OSError) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(getattr(reason, "strerror", None) or reason)
