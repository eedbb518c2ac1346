"""Faces are found, always the same ones, and the engine is told of them if the settings want it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

import pictures
from neural_style.jobstore.worker_messages import Run
from neural_style.worker.faces import LONGEST, faces_in
from neural_style.worker.runner import task_of
from neural_style_protocol.client_messages import ImageOffer
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

FACE = (slice(70, 165), slice(185, 265))
"""Rows and columns of the astronaut's face, at 512 × 512."""


@pytest.fixture
def astronaut() -> Tensor:
    return pictures.tensor("astronaut", 512)


def test_a_face_is_found_and_nothing_else(astronaut: Tensor) -> None:
    faces = faces_in(astronaut)
    assert faces is not None
    assert faces.shape == (1, 512, 512)
    assert faces.dtype == torch.float32
    assert float(faces.min()) == 0
    assert float(faces.max()) == 1
    assert float(faces[0][FACE].mean()) > 0.95
    assert float(faces[0, 250:].max()) == 0  # the suit
    assert float(faces[0, :, 330:].max()) == 0  # the rocket


def test_its_edge_is_soft(astronaut: Tensor) -> None:
    faces = faces_in(astronaut)
    assert faces is not None
    steps = (faces[0, :, 1:] - faces[0, :, :-1]).abs()
    assert float(steps.max()) < 0.1


def test_the_same_picture_has_the_same_faces(astronaut: Tensor) -> None:
    one, other = faces_in(astronaut), faces_in(astronaut.clone())
    assert one is not None
    assert other is not None
    assert torch.equal(one, other)


def test_a_large_picture_is_searched_at_a_smaller_size(astronaut: Tensor) -> None:
    faces = faces_in(functional.interpolate(astronaut.unsqueeze(0), scale_factor=2.5).squeeze(0))
    assert faces is not None
    assert max(faces.shape) == LONGEST


@pytest.mark.parametrize("name", ["coffee", "chelsea", "flower", "china"])
def test_what_has_no_face_has_none(name: str) -> None:
    assert faces_in(pictures.tensor(name, 300)) is None


@pytest.mark.parametrize("size", [(16, 16), (39, 500), (40, 40), (41, 3000), (2000, 63)])
def test_pictures_of_any_size_can_be_searched(size: tuple[int, int]) -> None:
    assert faces_in(torch.rand(3, *size, generator=torch.Generator().manual_seed(1))) is None


@pytest.mark.parametrize("wanted", [True, False])
def test_the_engine_is_told_of_faces_if_the_settings_want_it(
    astronaut: Tensor, wanted: bool
) -> None:
    values = (astronaut.permute(1, 2, 0) * 255).round().byte().numpy().tobytes()
    photograph = Picture.of(512, 512, 3, values)
    offers = tuple(ImageOffer(role, photograph.spec, 1.0) for role in ("content", "style"))
    run = Run("job", "folder", {}, offers)
    task, _ = task_of(run, [photograph, photograph], Settings(faces=wanted))
    assert (task.faces is not None) == wanted
