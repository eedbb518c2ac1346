"""What a task may add to a content and a style: masks, a start, several styles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from neural_style.engine import Progress, StyleImage, Stylizer, Task
from neural_style_protocol.errors import InputError
from neural_style_protocol.settings import Settings

Picture = Callable[..., Tensor]


def _go_on(_progress: Progress, _render: Callable[[], Tensor]) -> bool:
    return True


@pytest.fixture
def task(picture: Picture) -> Task:
    style = StyleImage(picture("strokes", 96))
    return Task(picture("china", 128), (style,), Settings(iterations=8))


def _left_half(content: Tensor) -> Tensor:
    """Style on the left, nothing on the right, a soft border of 16 pixels between."""
    width = content.shape[2]
    ramp = ((width / 2 - torch.arange(width)) / 16 + 0.5).clamp(0, 1)
    return ramp.expand(1, *content.shape[1:]).contiguous()


def test_mask_leaves_outside_pixels_untouched(stylizer: Stylizer, task: Task) -> None:
    mask = _left_half(task.content)
    previews: list[Tensor] = []

    def observe(progress: Progress, render: Callable[[], Tensor]) -> bool:
        if progress.size == (task.content.shape[2], task.content.shape[1]):
            previews.append(render())
        return True

    outcome = stylizer.stylize(replace(task, mask=mask), observe)
    outside = (mask == 0).expand_as(task.content)
    inside = (mask == 1).expand_as(task.content)
    for image in (outcome.image, *previews):
        assert torch.equal(image[outside], task.content[outside])
    assert (outcome.image - task.content)[inside].abs().mean() > 0.02


def test_mask_limits_the_gradient_not_only_the_paste(stylizer: Stylizer, task: Task) -> None:
    """Inside a mask the picture differs from a whole one cut out: its optimum knows the rest."""
    mask = _left_half(task.content)
    masked = stylizer.stylize(replace(task, mask=mask), _go_on).image
    pasted = torch.lerp(task.content, stylizer.stylize(task, _go_on).image, mask)
    assert (masked - pasted).abs().max() > 0.02


def test_an_open_mask_changes_nothing(stylizer: Stylizer, task: Task) -> None:
    free = stylizer.stylize(task, _go_on).image
    masked = stylizer.stylize(replace(task, mask=torch.ones_like(task.content[:1])), _go_on).image
    assert (free - masked).abs().mean() < 0.01


def test_several_styles_weigh_by_their_shares(
    stylizer: Stylizer, picture: Picture, task: Task
) -> None:
    night, oak = picture("strokes", 96), picture("mosaic", 96)

    def mixed(first: float, second: float) -> Tensor:
        styles = (StyleImage(night, first), StyleImage(oak, second))
        return stylizer.stylize(replace(task, styles=styles), _go_on).image

    only_night = stylizer.stylize(task, _go_on).image
    even, mostly_night = mixed(1, 1), mixed(50, 1)
    torch.testing.assert_close(mixed(3, 3), even, atol=0.02, rtol=0)

    def distance(image: Tensor) -> float:
        return (image - only_night).square().mean().item()

    assert distance(mostly_night) < distance(even)


def test_painting_goes_on_from_an_initial_picture(
    stylizer: Stylizer, picture: Picture, task: Task
) -> None:
    """It begins with exactly that picture, and never shows or keeps a coarser or a worse one."""
    painted = stylizer.stylize(task, _go_on)
    sizes: set[tuple[int, int]] = set()
    previews: list[Tensor] = []
    losses: list[float] = []

    def observe(progress: Progress, render: Callable[[], Tensor]) -> bool:
        sizes.add(progress.size)
        previews.append(render())
        losses.append(progress.losses.total)
        return True

    further = stylizer.stylize(replace(task, initial=painted.image), observe)
    assert sizes == {(task.content.shape[2], task.content.shape[1])}
    torch.testing.assert_close(previews[0], painted.image, atol=2e-3, rtol=0)
    assert min(losses) < losses[0]
    assert (further.image - painted.image).abs().mean() > 1e-3


@pytest.mark.parametrize("change", [{}, {"strength": 20.0}, {"preset": "textbook", "size": 128}])
def test_stopping_at_once_keeps_the_initial_picture(
    stylizer: Stylizer, picture: Picture, task: Task, change: dict[str, object]
) -> None:
    """Whatever its colours and those of the style are."""
    task = replace(task, settings=Settings.from_dict({**task.settings.to_dict(), **change}))
    initial = picture("coffee", 128)[:, : task.content.shape[1]]
    stopped = stylizer.stylize(replace(task, initial=initial), lambda *_: False)
    torch.testing.assert_close(stopped.image, initial, atol=2e-3, rtol=0)


def test_an_initial_picture_has_any_size(stylizer: Stylizer, picture: Picture, task: Task) -> None:
    """GIMP has a result that is smaller than the layer, and goes on from it without enlarging."""
    task = replace(task, settings=replace(task.settings, size=64))
    small = stylizer.stylize(task, _go_on).image
    stopped = stylizer.stylize(replace(task, initial=small), lambda *_: False)
    torch.testing.assert_close(stopped.image, small, atol=2e-3, rtol=0)


def _bad(task: Task) -> dict[str, Task]:
    content = task.content
    return {
        "another size": replace(task, mask=torch.ones(1, 8, 8)),
        "three channels": replace(task, mask=torch.ones_like(content)),
        "above one": replace(task, mask=torch.full_like(content[:1], 2)),
        "not a number": replace(task, mask=torch.full_like(content[:1], float("nan"))),
        "a narrow start": replace(task, initial=content[:, :8]),
    }


@pytest.mark.parametrize(
    "name", ["another size", "three channels", "above one", "not a number", "a narrow start"]
)
def test_what_does_not_fit_is_refused(stylizer: Stylizer, task: Task, name: str) -> None:
    with pytest.raises(InputError):
        stylizer.stylize(_bad(task)[name], _go_on)
