"""Frames of a video: the temporal term, the start from the frames before, and settled colours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from neural_style.engine import (
    Checkpoint,
    Frame,
    Previous,
    Progress,
    Render,
    StyleImage,
    Stylizer,
    Task,
)
from neural_style.engine.picture.colour_map import ColourMap, mixed
from neural_style.engine.picture.colour_space import denormalise
from neural_style.engine.terms.pixel import add_pixel_losses
from neural_style.engine.terms.temporal import Temporal
from neural_style_protocol.errors import InputError
from neural_style_protocol.settings import Settings

Picture = Callable[..., Tensor]
WEIGHT = 10.0


def _go_on(_progress: Progress, _render: Render) -> bool:
    return True


@pytest.fixture(scope="module")
def task(picture: Picture) -> Task:
    style = StyleImage(picture("strokes", 96))
    return Task(picture("china", 96), (style,), Settings(iterations=8), is_frame=True)


@pytest.fixture(scope="module")
def first(stylizer: Stylizer, task: Task) -> Frame:
    """The first frame of a shot."""
    frame = stylizer.stylize(task, _go_on).frame
    assert frame is not None
    return frame


def _after(first: Frame, trust: float = 1.0, weight: float = WEIGHT) -> Previous:
    return Previous(first.paint, torch.full_like(first.paint[:1], trust), first.tones, weight)


def _loss(term: Temporal, image: Tensor, band: int) -> tuple[Tensor, Tensor]:
    gradient = torch.zeros_like(image)
    (loss,) = add_pixel_losses(image, [term], gradient, band)
    return loss, gradient


@pytest.mark.parametrize("band", [5, 10, 10_000])
def test_the_temporal_term_is_the_mean_trusted_square(band: int) -> None:
    random = torch.Generator().manual_seed(4)
    image, earlier = (torch.randn(1, 3, 7, 5, generator=random, dtype=torch.float64) for _ in "ab")
    trust = torch.rand(1, 1, 7, 5, generator=random, dtype=torch.float64)
    term = Temporal(3.0, earlier, trust)
    loss, gradient = _loss(term, image, band)
    expected = 3.0 * (trust * (image - earlier) ** 2).sum() / image.numel()
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)
    numeric = torch.zeros_like(image)
    for index in range(image.numel()):
        step = torch.zeros(image.numel(), dtype=torch.float64)
        step[index] = 1e-6
        up, down = (_loss(term, image + s * step.view_as(image), band)[0] for s in (1, -1))
        numeric.flatten()[index] = (up - down) / 2e-6
    torch.testing.assert_close(gradient, numeric, rtol=1e-6, atol=1e-8)


def test_it_takes_the_size_of_the_scale() -> None:
    term = Temporal(1.0, torch.full((1, 3, 8, 12), 0.5), torch.ones(1, 1, 8, 12))
    fitted = term.fitted_to(torch.zeros(1, 3, 4, 6, dtype=torch.float64), [])
    assert fitted.earlier.shape == (1, 3, 4, 6)
    loss, _ = _loss(fitted, torch.zeros(1, 3, 4, 6, dtype=torch.float64), 100)
    assert float(loss) == pytest.approx(0.25)


def test_a_picture_that_is_no_frame_keeps_no_paint(stylizer: Stylizer, task: Task) -> None:
    assert stylizer.stylize(replace(task, is_frame=False), _go_on).frame is None


def test_what_is_seen_follows_from_the_paint_and_the_tones(stylizer: Stylizer, task: Task) -> None:
    """So a frame that is told the same paint and tones can show the same picture."""
    outcome = stylizer.stylize(task, _go_on)
    assert outcome.frame is not None
    seen = outcome.frame.tones.seen.within_range(denormalise(outcome.frame.paint).clamp(0, 1))
    torch.testing.assert_close(seen, outcome.image, atol=1e-5, rtol=0)
    assert (denormalise(outcome.frame.paint) - outcome.image).abs().mean() > 1e-3


def test_a_frame_begins_with_the_frames_before(
    stylizer: Stylizer, task: Task, first: Frame
) -> None:
    """At the finest scale, and in their colours."""
    sizes = set()
    seen: list[Tensor] = []

    def observe(progress: Progress, render: Render) -> bool:
        sizes.add(progress.size)
        seen.append(render())
        return True

    following = replace(task, previous=_after(first))
    outcome = stylizer.stylize(following, observe)
    shown = first.tones.seen.within_range(denormalise(first.paint).clamp(0, 1))
    torch.testing.assert_close(seen[0], shown, atol=2e-3, rtol=0)
    assert sizes == {(task.content.shape[2], task.content.shape[1])}
    assert outcome.steps == len(seen) <= 8
    assert outcome.frame is not None
    assert outcome.frame.tones is first.tones


def test_what_is_new_begins_with_the_content_in_the_shots_colours(
    stylizer: Stylizer, task: Task, first: Frame, picture: Picture
) -> None:
    previous = _after(first, trust=0.0)
    seen: list[Tensor] = []

    def observe(_progress: Progress, render: Render) -> bool:
        seen.append(render())
        return False

    stylizer.stylize(replace(task, previous=previous), observe)
    from_elsewhere = replace(previous, paint=torch.zeros_like(first.paint))
    stylizer.stylize(replace(task, previous=from_elsewhere), observe)
    assert torch.equal(*seen)


def test_the_temporal_term_keeps_a_frame_near(stylizer: Stylizer, task: Task, first: Frame) -> None:
    def distance(weight: float) -> float:
        moved = replace(task, content=task.content.roll(5, 2), previous=_after(first, 1.0, weight))
        frame = stylizer.stylize(moved, _go_on).frame
        assert frame is not None
        return (frame.paint - first.paint).square().mean().item()

    assert distance(100.0) < 0.5 * distance(0.0)


def test_a_masks_border_is_drawn_to_the_content_alone(first: Frame) -> None:
    mask = torch.zeros_like(first.paint[:1])
    mask[:, :, 40:] = 1
    term = _after(first).term(mask)
    assert torch.equal(term.trust[0], mask)


def test_a_frame_that_was_interrupted_goes_on_the_same(
    stylizer: Stylizer, task: Task, first: Frame
) -> None:
    following = replace(task, previous=_after(first))
    whole = stylizer.stylize(following, _go_on)
    kept: list[Checkpoint] = []

    def stop(progress: Progress, render: Render) -> bool:
        if progress.step < 4:
            return True
        state = {name: each.clone() for name, each in (render.state(1 << 30) or {}).items()}
        kept.append(Checkpoint(render(), 0, progress.evaluation, progress.step, state))
        return False

    stylizer.stylize(following, stop)
    resumed = stylizer.stylize(replace(following, checkpoint=kept[0]), _go_on)
    assert whole.frame is not None
    assert resumed.frame is not None
    assert torch.equal(resumed.frame.paint, whole.frame.paint)
    assert torch.equal(resumed.image, whole.image)


def test_a_first_frame_that_was_interrupted_settles_the_same_colours(
    stylizer: Stylizer, task: Task, first: Frame
) -> None:
    kept: list[Checkpoint] = []

    def stop(progress: Progress, render: Render) -> bool:
        if progress.scale < 1 or progress.evaluation < 3:
            return True
        state = {name: each.clone() for name, each in (render.state(1 << 30) or {}).items()}
        at = progress.scale, progress.evaluation, progress.step
        kept.append(Checkpoint(render(), *at, state))
        return False

    stylizer.stylize(task, stop)
    frame = stylizer.stylize(replace(task, checkpoint=kept[0]), _go_on).frame
    assert frame is not None
    assert torch.equal(frame.paint, first.paint)
    for ours, its in ((frame.tones.begin, first.tones.begin), (frame.tones.seen, first.tones.seen)):
        assert torch.equal(ours.linear, its.linear)
        assert torch.equal(ours.offset, its.offset)


@pytest.mark.parametrize("preset", ["draft", "high", "textbook"])
def test_every_preset_paints_frames(
    stylizer: Stylizer, task: Task, first: Frame, preset: str
) -> None:
    settings = Settings(preset=preset, iterations=6, size=96)
    outcome = stylizer.stylize(replace(task, settings=settings, previous=_after(first)), _go_on)
    assert 0 < outcome.steps <= 6
    assert outcome.losses.terms["temporal"] >= 0


def test_an_initial_picture_comes_before_the_frames(
    stylizer: Stylizer, task: Task, first: Frame, picture: Picture
) -> None:
    initial = picture("coffee", 96)[:, : task.content.shape[1]]
    with_both = replace(task, initial=initial, previous=_after(first))
    stopped = stylizer.stylize(with_both, lambda *_: False)
    torch.testing.assert_close(stopped.image, initial, atol=2e-3, rtol=0)


def test_paint_that_is_no_picture_is_refused(stylizer: Stylizer, task: Task, first: Frame) -> None:
    good = _after(first)
    for bad in (
        replace(good, paint=first.paint[:2]),
        replace(good, paint=first.paint * float("nan")),
        replace(good, trust=good.trust[:, 1:]),
    ):
        with pytest.raises(InputError):
            stylizer.stylize(replace(task, previous=bad), _go_on)


def test_maps_of_colours_are_mixed_and_blended_as_their_results_are() -> None:
    random = torch.Generator().manual_seed(3)
    values = torch.rand(3, 4, 5, generator=random, dtype=torch.float64)
    one, two = (
        ColourMap(
            torch.rand(3, 3, generator=random, dtype=torch.float64),
            torch.rand(3, 1, generator=random, dtype=torch.float64),
        )
        for _ in "ab"
    )
    mean = mixed([(one, 0.25), (two, 0.75)]).on(values)
    torch.testing.assert_close(mean, 0.25 * one.on(values) + 0.75 * two.on(values))
    some = one.blended(0.3).on(values)
    torch.testing.assert_close(some, 0.3 * one.on(values) + 0.7 * values)
    assert torch.equal(ColourMap.identity().on(values), values)
