"""Paints small pictures on a card."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from neural_style.engine import Progress, Render, StyleImage, Stylizer, Task
from neural_style_protocol.settings import Settings

Picture = Callable[..., Tensor]

SIDE = 48


def task_of(picture: Picture, **settings: object) -> Task:
    chosen = Settings.from_dict({"preset": "draft", "size": SIDE, "iterations": 3, **settings})
    return Task(picture("china", SIDE), (StyleImage(picture("strokes", SIDE)),), chosen)


def painted(stylizer: Stylizer, task: Task) -> list[float]:
    """Paint it; the objective at each step."""
    told: list[Progress] = []

    def observe(progress: Progress, render: Render) -> bool:
        told.append(progress)
        return True

    outcome = stylizer.stylize(task, observe)
    assert outcome.ending == "finished"
    assert outcome.image.device == torch.device("cpu")
    assert outcome.image.shape == task.content.shape
    assert 0 <= outcome.image.min() < outcome.image.max() <= 1
    assert not torch.equal(outcome.image, task.content)
    losses = [progress.losses.total for progress in told]
    assert task.checkpoint is not None or losses[-1] < losses[0]
    return losses
