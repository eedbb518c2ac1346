"""Faces are found, always the same ones, and the engine is told of them if the settings want it."""

from __future__ import annotations

import subprocess
import sys

import facenet_pytorch
import pytest
import torch
from torch import Tensor
from torch.nn import functional

import pictures
from neural_style.engine import Task
from neural_style.jobstore.worker_messages import Run
from neural_style.worker.faces import LONGEST, FaceFinder
from neural_style.worker.runner import task_of
from neural_style_protocol.client_messages import ImageOffer
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

FACE = (slice(70, 165), slice(185, 265))
"""Rows and columns of the astronaut's face, at 512 × 512."""


def faces_in(colour: Tensor) -> Tensor | None:
    return FaceFinder().faces_in(colour)


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


def task_with(astronaut: Tensor, settings: Settings) -> Task:
    values = (astronaut.permute(1, 2, 0) * 255).round().byte().numpy().tobytes()
    photograph = Picture.of(512, 512, 3, values)
    offers = tuple(ImageOffer(role, photograph.spec, 1.0) for role in ("content", "style"))
    run = Run("job", "folder", {}, offers)
    task, _ = task_of(run, [photograph, photograph], settings, FaceFinder())
    return task


@pytest.mark.parametrize("wanted", [True, False])
def test_the_engine_is_told_of_faces_if_the_settings_want_it(
    astronaut: Tensor, wanted: bool
) -> None:
    assert (task_with(astronaut, Settings(faces=wanted)).faces is not None) == wanted


@pytest.mark.parametrize("settings", [Settings(preset="textbook"), Settings(strength=0.0)])
def test_faces_that_no_term_would_use_are_not_searched(
    astronaut: Tensor, settings: Settings
) -> None:
    assert settings.faces
    assert task_with(astronaut, settings).faces is None


class Counted(FaceFinder):
    """Counts its searches."""

    searches = 0

    def _search(self, picture: Tensor) -> Tensor | None:
        self.searches += 1
        return super()._search(picture)


def test_a_picture_is_searched_once_until_there_is_another(astronaut: Tensor) -> None:
    finder, without = Counted(), pictures.tensor("coffee", 512)
    first = finder.faces_in(astronaut)
    assert first is not None
    assert finder.faces_in(astronaut.clone()) is first
    assert finder.searches == 1
    assert finder.faces_in(without) is None
    assert finder.faces_in(without.clone()) is None
    assert finder.searches == 2
    again = finder.faces_in(astronaut)
    assert again is not None
    assert torch.equal(again, first)


def test_a_picture_with_the_same_samples_in_another_shape_is_another() -> None:
    finder = Counted()
    for size in ((64, 96), (96, 64)):
        finder.faces_in(torch.full((3, *size), 0.5))
    assert finder.searches == 2


def test_the_detector_is_not_even_imported_before_it_is_needed() -> None:
    code = "import sys, neural_style.worker.runner; print('facenet_pytorch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "False\n"


def test_the_detector_is_loaded_once(astronaut: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    real = facenet_pytorch.MTCNN

    def counted(**options: object) -> object:
        loaded.append(options)
        return real(**options)

    monkeypatch.setattr(facenet_pytorch, "MTCNN", counted)
    finder = FaceFinder()
    finder.faces_in(astronaut)
    finder.faces_in(astronaut.flip(2))
    assert len(loaded) == 1
