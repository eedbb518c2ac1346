"""What the tests on pretended graphics cards share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from torch import Tensor

import pictures
from neural_style import weights
from neural_style.engine import Stylizer
from pretended_gpu.card import Card, Kind
from pretended_gpu.machine import pretended


@pytest.fixture(scope="session")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return weights.ensure(tmp_path_factory.mktemp("weights"))


@pytest.fixture(params=["cuda", "mps"])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def card(kind: Kind) -> Iterator[Card]:
    """The one card of a machine."""
    with pretended(Card(kind)) as (only,):
        yield only


@pytest.fixture
def stylizer(card: Card, weights_file: Path) -> Stylizer:
    """The engine on the card."""
    return Stylizer(weights_file, device=card.kind)


@pytest.fixture(scope="session")
def picture() -> Callable[..., Tensor]:
    """A picture of tests/pictures.py by its name, and as large as asked."""
    return pictures.tensor
