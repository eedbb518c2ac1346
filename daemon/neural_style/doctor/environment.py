"""Checks of the Python environment: its packages, torch, and the device that torch would use."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import sys
from collections.abc import Iterator
from typing import Any

from neural_style.asking import ask
from neural_style.doctor.finding import Finding
from neural_style_protocol import __version__

PACKAGES = (
    *("numpy", "pillow", "pyzmq", "msgpack", "safetensors", "facenet-pytorch"),
    *("psutil", "click", "rich"),
)
TORCH_SECONDS = 120.0
INSTALL = "Run ./install.sh again."

_ASK_TORCH = """
import json, torch, torchvision

def tried(device, name):
    free = 0
    try:
        if device.type == "cuda":
            free = torch.cuda.mem_get_info(device)[0]
        x = torch.ones(1, 8, 8, 8, device=device)
        weight = torch.ones(8, 8, 3, 3, device=device)
        is_right = float(torch.nn.functional.conv2d(x, weight, padding=1).sum()) == 30976
        problem = "" if is_right else "it computes wrong numbers"
    except Exception as error:
        problem = str(error).strip().partition("\\n")[0]
    return {"name": name, "free": free, "problem": problem}

cards = []
for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
    cards.append(tried(torch.device("cuda", index), torch.cuda.get_device_name(index)))
if torch.backends.mps.is_available():
    cards.append(tried(torch.device("mps"), "Apple GPU"))
print(json.dumps({
    "torch": torch.__version__, "torchvision": torchvision.__version__, "cards": cards
}))
"""


def check_environment() -> Iterator[Finding]:
    """The packages' versions, whether torch can be imported, and whether each card computes."""
    yield _packages()
    answer = ask([sys.executable, "-I", "-c", _ASK_TORCH], TORCH_SECONDS)
    if not answer.worked:
        sentence = f"PyTorch does not load: {answer.last_error}."
        yield Finding("torch", "problem", sentence, INSTALL)
        return
    result = json.loads(answer.text.splitlines()[-1])
    versions = f"PyTorch {result['torch']} with torchvision {result['torchvision']}."
    yield Finding("torch", "ok", versions)
    yield from map(_card, result["cards"])
    if not result["cards"]:
        yield _no_card()


def _packages() -> Finding:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("packages", "problem", f"Missing: {', '.join(missing)}.", INSTALL)
    python = ".".join(map(str, sys.version_info[:3]))
    words = f"neural-style {__version__} on Python {python}: {', '.join(found)}."
    return Finding("packages", "ok", words)


def _card(told: dict[str, Any]) -> Finding:
    if told["problem"]:
        return Finding(
            "device",
            "warning",
            f"{told['name']} does not compute: {told['problem']}.",
            f"{INSTALL} It chooses the PyTorch for this card. Until then the processor computes.",
        )
    free = f", {told['free'] / 1e9:.1f} GB free" if told["free"] else ""
    return Finding("device", "ok", f"{told['name']}{free}.")


def _no_card() -> Finding:
    if shutil.which("nvidia-smi") and ask(["nvidia-smi", "-L"], 20.0).text.strip():
        return Finding(
            "device",
            "warning",
            "There is an NVIDIA GPU, but PyTorch cannot use it.",
            "Run ./install.sh --torch cuda. If that changes nothing, update the NVIDIA driver.",
        )
    return Finding("device", "ok", "The processor: no GPU that PyTorch can use.")
