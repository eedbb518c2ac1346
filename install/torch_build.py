"""Which build of PyTorch to get: the one for this machine's card, where its index is reachable."""

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
"""PyTorch's own indexes, one for each build, below this address."""

CPU, CUDA_12 = "cpu", "cu126"
ROCM = ("rocm7.2", "rocm7.1", "rocm7.0", "rocm6.4", "rocm6.3")
USUAL_CUDA, OLDEST_CUDA = (13, 0), (12, 0)
"""What the build of the usual index is for; and the oldest that the build for CUDA 12 runs with."""

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
    """A build of PyTorch, of a ``kind`` in ``KINDS``, or ``""`` where only the person knows.

    ``index`` is where it is got, None for the usual place; ``version`` is exact where it is known.
    The sizes are rounded up, of everything that comes with it.
    """

    kind: str
    words: str
    download_gb: float
    disk_gb: float
    index: str | None = None
    version: str | None = None

    @property
    def requirement(self) -> str:
        """What pip is asked for."""
        if self.version is not None:
            return f"torch=={self.version}"
        oldest, following = (".".join(map(str, end)) for end in (OLDEST_TORCH, NEXT_TORCH))
        return f"torch>={oldest},<{following}"

    def is_like(self, version: str) -> bool:
        """Whether a PyTorch of this version was built for the same: ``2.9.1+cpu`` for the CPU."""
        label = version.partition("+")[2]
        if self.kind in {"cpu", "rocm"}:
            return label.startswith(self.kind)
        return self.kind == "cuda" and label == (self.version or "").partition("+")[2]


FOR_CPU = TorchBuild("cpu", "for the processor alone", 0.4, 1.2)
FOR_CUDA_12 = TorchBuild("cuda", "for NVIDIA cards, with CUDA 12", 3.5, 7.0)
FOR_ROCM = TorchBuild("rocm", "for AMD cards", 6.0, 20.0)
USUAL = TorchBuild("cuda", "with libraries for NVIDIA cards", 3.2, 6.5)


def at(index: str) -> TorchBuild:
    """What a person named; nobody knows how large it is."""
    return replace(USUAL, kind="", words=f"from {index}", index=index)


def large_requirements(metadata: str) -> list[str]:
    """What PyTorch, by the metadata of its package, needs of the makers of graphics cards.

    A package of which several parts are wanted is given once for each part.
    """
    found = []
    for name, parts, rest in _LARGE.findall(metadata):
        if "extra ==" not in rest:
            found += [f"{name}[{part}]{rest}" if part else name + rest for part in parts.split(",")]
    return found


def choose(
    card: Accelerator, settings: PipSettings, kind: str | None = None, *, indexes: str = INDEXES
) -> TorchBuild:
    """The build for this machine; says which, and why where it is not the best one.

    Args:
        card: what this machine has.
        settings: the person's own for pip; with a mirror in them nothing else is asked.
        kind: one of ``KINDS`` where the person has decided.
        indexes: the address above PyTorch's own indexes.
    """
    say(f"Graphics card: {card.words}")
    wanted = kind or {"nvidia": "cuda", "amd": "rocm", "none": "cpu"}[card.kind]
    if wanted == "cuda" and card.cuda is not None and card.cuda < OLDEST_CUDA:
        warn("That driver is too old for PyTorch. Update it, then run ./install.sh --torch cuda")
        wanted = "cpu"
    candidates = _candidates(wanted, card)
    if candidates and settings.has_own_index:
        warn("pip has an index of your choice, so PyTorch comes from there as well")
        candidates = []
    build = _first_reachable([(b, f"{indexes}/{name}") for b, name in candidates], settings)
    say(f"PyTorch {build.version} {build.words}" if build.version else f"PyTorch {build.words}")
    return build


def _candidates(kind: str, card: Accelerator) -> list[tuple[TorchBuild, str]]:
    """Builds from the best to the last resort, each with the name of an index that may have it."""
    if kind == "rocm":
        return [*((FOR_ROCM, name) for name in ROCM), (FOR_CPU, CPU)]
    if kind == "cpu":
        return [(FOR_CPU, CPU)]
    if card.cuda is not None and card.cuda < USUAL_CUDA:
        return [(FOR_CUDA_12, CUDA_12)]
    return []


def _first_reachable(
    candidates: Sequence[tuple[TorchBuild, str]], settings: PipSettings
) -> TorchBuild:
    """The first whose index has one for this Python; the usual one, and why, where none has."""
    problem = ""
    for build, index in candidates:
        try:
            version = _newest(_page(f"{index}/torch/", settings))
        except urllib.error.HTTPError as error:
            problem = f"{index} answers with status {error.code}"
        except OSError as error:
            problem = f"{index} cannot be reached ({_reason(error)})"
            break  # nor can its neighbours
        else:
            if version is not None:
                return replace(build, index=index, version=version)
            problem = f"{index} has nothing for this Python"
    if problem:
        warn(f"{problem}: it will be the usual PyTorch, which is larger")
    return USUAL


def _page(address: str, settings: PipSettings) -> str:
    """What is there, asked for as pip would: with its certificates and its proxy."""
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
