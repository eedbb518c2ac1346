"""What the engine's tests share: converted weights, devices, and pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

import pictures
from neural_style import weights
from neural_style.engine import Stylizer
from neural_style.engine.network.vgg import Vgg, load_weights


def available_devices() -> list[str]:
    """Every kind of device that this machine can compute on."""
    devices = ["cpu"]
    if torch.cuda.is_available():
        devices.append("cuda")
    if torch.backends.mps.is_available():
        devices.append("mps")
    return devices


@pytest.fixture(scope="session")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return weights.ensure(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session", params=available_devices())
def device(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def stylizer(weights_file: Path, device: str) -> Stylizer:
    return Stylizer(weights_file, device=device)


@pytest.fixture(scope="session")
def vgg64(weights_file: Path) -> Vgg:
    """The network in float64 on the CPU."""
    return Vgg(load_weights(weights_file), torch.device("cpu"), torch.float64)


@pytest.fixture(scope="session")
def picture() -> Callable[..., Tensor]:
    """A picture of tests/pictures.py by its name, and as large as asked."""
    return pictures.tensor
