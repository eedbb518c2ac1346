"""The choice of the computing device."""

from __future__ import annotations

import torch

from neural_style_protocol.errors import WorkerError


def choose_device(name: str) -> torch.device:
    """The device called ``name``: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    Raises:
        WorkerError: the device is not available.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        if torch.backends.mps.is_available():
            return torch.device("mps")
        return torch.device("cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as problem:
        raise WorkerError(
            "The computing device {name} cannot be used.",
            next_step="Choose `auto`, `cpu`, or a device that this machine has.",
            name=repr(name),
        ) from problem
    return device


def describe_device(device: torch.device) -> str:
    """A name for users: that of the graphics card, or the CPU with its number of threads."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU, {torch.get_num_threads()} threads"
