"""Checks of the Python environment: its packages, torch, and the device that torch would use."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import sys
from collections.abc import Iterator

from neural_style.asking import ask
from neural_style.doctor.finding import Finding
from neural_style_protocol import __version__

PACKAGES = ("numpy", "pillow", "pyzmq", "msgpack", "safetensors", "psutil", "click", "rich")
TORCH_SECONDS = 120.0
INSTALL = "Run ./install.sh again."

_ASK_TORCH = """
import json, torch, torchvision
gpu = torch.cuda.is_available()
print(json.dumps({
    "torch": torch.__version__,
    "torchvision": torchvision.__version__,
    "gpu": torch.cuda.get_device_name() if gpu else "",
    "gpu_memory": torch.cuda.mem_get_info()[0] if gpu else 0,
}))
"""


def check_environment() -> Iterator[Finding]:
    """The packages' versions, whether torch can be imported, and its device."""
    yield _packages()
    answer = ask([sys.executable, "-I", "-c", _ASK_TORCH], TORCH_SECONDS)
    if not answer.worked:
        sentence = f"PyTorch does not load: {answer.last_error}."
        yield Finding("torch", "problem", sentence, INSTALL)
        return
    result = json.loads(answer.text.splitlines()[-1])
    versions = f"PyTorch {result['torch']} with torchvision {result['torchvision']}."
    yield Finding("torch", "ok", versions)
    yield _device(result["gpu"], result["gpu_memory"])


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


def _device(gpu: str, free_bytes: int) -> Finding:
    if gpu:
        return Finding("device", "ok", f"{gpu}, {free_bytes / 1e9:.1f} GB free.")
    if shutil.which("nvidia-smi") and ask(["nvidia-smi", "-L"], 20.0).text.strip():
        return Finding(
            "device",
            "warning",
            "There is an NVIDIA GPU, but PyTorch cannot use it.",
            "Run ./install.sh --torch cuda. If that changes nothing, update the NVIDIA driver.",
        )
    return Finding("device", "ok", "The processor: no GPU that PyTorch can use.")
