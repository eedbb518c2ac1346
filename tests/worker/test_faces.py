"""Faces are found, always the same ones, and the engine is told of them if the settings want it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

import pictures
from neural_style.engine import Task
from neural_style.jobstore.worker_messages import Run
from neural_style.samples import PAINTINGS
from neural_style.worker import faces
from neural_style.worker.faces import KEPT_ANSWERS, LONGEST, FaceFinder
from neural_style.worker.runner import task_of
from neural_style_protocol.client_messages import ImageOffer
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

FACE = (slice(70, 165), slice(185, 265))
"""Rows and columns of the astronaut's face, at 512 × 512."""


def faces_in(colour: Tensor) -> Tensor | None:
    return FaceFinder().faces_in(colour)


def left_out_of(
    finder: FaceFinder, style: Tensor, content: Tensor, settings: Settings
) -> Tensor | None:
    _, (left_out,) = finder.faces_for(content, [style], settings)
    return left_out


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


def task_with(content: Tensor, settings: Settings, style: Tensor | None = None) -> Task:
    given = {"content": content, "style": content if style is None else style}
    sent = {role: _picture(colour) for role, colour in given.items()}
    offers = tuple(ImageOffer(role, picture.spec, 1.0) for role, picture in sent.items())
    run = Run("job", "folder", {}, offers)
    task, _ = task_of(run, list(sent.values()), settings, FaceFinder())
    return task


def _picture(colour: Tensor) -> Picture:
    values = (colour.permute(1, 2, 0) * 255).round().byte().numpy().tobytes()
    return Picture.of(512, 512, 3, values)


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


def test_a_paintings_face_is_left_out_where_the_photograph_has_none(astronaut: Tensor) -> None:
    finder, without, settings = FaceFinder(), pictures.tensor("coffee", 512), Settings()
    found = left_out_of(finder, astronaut, without, settings)
    assert found is not None
    known = finder.faces_in(astronaut)
    assert known is not None
    assert (found >= known).all()
    assert float(found[0, 250:].max()) == 0
    assert left_out_of(finder, astronaut, astronaut, settings) is None
    assert left_out_of(finder, without, without, settings) is None


@pytest.mark.parametrize(
    "settings", [Settings(faces=False), Settings(preset="textbook"), Settings(strength=0.0)]
)
def test_nothing_is_left_out_of_a_style_unless_faces_matter(
    astronaut: Tensor, settings: Settings
) -> None:
    finder = Counted()
    without = pictures.tensor("coffee", 512)
    assert left_out_of(finder, astronaut, without, settings) is None
    assert finder.searches == 0


@pytest.mark.parametrize("longest", [384, 512, 576, 800])
def test_a_portrait_that_the_program_brings_has_a_face_at_any_size(longest: int) -> None:
    (path,) = (each.path for each in PAINTINGS if each.path.stem == "woman_with_a_hat")
    with Image.open(path) as image:
        small = image.convert("RGB")
        small.thumbnail((longest, longest))
    portrait = torch.from_numpy(np.array(small)).permute(2, 0, 1).float() / 255
    found = left_out_of(FaceFinder(), portrait, pictures.tensor("coffee", 128), Settings())
    assert found is not None
    assert 0.05 < float((found > 0.5).float().mean()) < 0.15


def test_the_engine_is_told_what_is_not_of_the_style(astronaut: Tensor) -> None:
    flat = torch.full((3, 512, 512), 0.5)
    assert task_with(flat, Settings(), style=astronaut).styles[0].left_out is not None
    assert task_with(astronaut, Settings()).styles[0].left_out is None


class Counted(FaceFinder):
    """Counts its searches."""

    searches = 0

    def _search(self, picture: Tensor) -> list[tuple[Tensor, float]]:
        self.searches += 1
        return super()._search(picture)


def test_a_picture_is_searched_once_while_there_are_few_others(astronaut: Tensor) -> None:
    finder, without = Counted(), pictures.tensor("coffee", 512)
    first = finder.faces_in(astronaut)
    assert first is not None
    for _ in range(2):
        again = finder.faces_in(astronaut.clone())
        assert again is not None
        assert torch.equal(again, first)
        assert finder.faces_in(without.clone()) is None
    assert finder.searches == 2
    for grey in torch.linspace(0, 1, KEPT_ANSWERS):
        finder.faces_in(grey.expand(3, 64, 64))
    finder.faces_in(astronaut)
    assert finder.searches == 2 + KEPT_ANSWERS + 1


def test_a_picture_with_the_same_samples_in_another_shape_is_another() -> None:
    finder = Counted()
    for size in ((64, 96), (96, 64)):
        finder.faces_in(torch.full((3, *size), 0.5))
    assert finder.searches == 2


def test_the_detector_is_loaded_once(astronaut: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    real = faces.MTCNN

    def counted(**options: object) -> object:
        loaded.append(options)
        return real(**options)

    monkeypatch.setattr(faces, "MTCNN", counted)
    finder = FaceFinder()
    finder.faces_in(astronaut)
    finder.faces_in(astronaut.flip(2))
    assert len(loaded) == 1
