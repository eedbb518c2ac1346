"""From a run message and its pictures to the engine's task."""

from __future__ import annotations

import pytest
import torch

from neural_style.jobstore.worker_messages import Run
from neural_style.worker.faces import FaceFinder
from neural_style.worker.runner import task_of
from neural_style_protocol.client_messages import ImageOffer
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings


def flat(channels: int, value: int) -> Picture:
    """A picture of 4 × 3 pixels, all alike."""
    return Picture.of(4, 3, channels, bytes([value]) * (12 * channels))


def run_with(*pictures: tuple[str, Picture, float]) -> tuple[Run, list[Picture]]:
    """A run message that announces ``pictures``: role, picture, weight."""
    offers = tuple(ImageOffer(role, picture.spec, weight) for role, picture, weight in pictures)
    return Run("job", "folder", {}, offers), [picture for _, picture, _ in pictures]


def test_every_role_finds_its_place() -> None:
    run, pictures = run_with(
        ("content", flat(3, 51), 1.0),
        ("style", flat(3, 102), 2.0),
        ("style", flat(4, 255), 1.0),
        ("mask", flat(1, 255), 1.0),
        ("initial", flat(3, 0), 1.0),
    )
    task, content = task_of(run, pictures, Settings(), FaceFinder())
    assert content.alpha is None
    torch.testing.assert_close(task.content, torch.full((3, 3, 4), 0.2))
    assert [style.weight for style in task.styles] == [2.0, 1.0]
    torch.testing.assert_close(task.styles[0].pixels, torch.full((3, 3, 4), 0.4))
    assert task.mask is not None
    torch.testing.assert_close(task.mask, torch.ones(1, 3, 4))
    assert task.initial is not None
    torch.testing.assert_close(task.initial, torch.zeros(3, 3, 4))


def test_without_mask_and_start_there_is_none() -> None:
    run, pictures = run_with(("content", flat(4, 255), 1.0), ("style", flat(3, 1), 1.0))
    task, content = task_of(run, pictures, Settings(), FaceFinder())
    assert task.mask is None
    assert task.initial is None
    assert content.alpha is not None


@pytest.mark.parametrize("weights", [(0.0, 1.0), (1.0, 0.0)])
def test_a_style_of_weight_zero_is_left_out(weights: tuple[float, float]) -> None:
    first, second = weights
    run, pictures = run_with(
        ("content", flat(3, 1), 1.0), ("style", flat(3, 1), first), ("style", flat(3, 2), second)
    )
    task, _ = task_of(run, pictures, Settings(), FaceFinder())
    assert [style.weight for style in task.styles] == [1.0]
