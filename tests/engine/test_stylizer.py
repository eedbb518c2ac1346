"""The whole engine on small real pictures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from neural_style.engine import Outcome, Progress, StyleImage, Stylizer, Task
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.picture.colour_space import normalise
from neural_style_protocol.errors import InputError, NeuralStyleError, WorkerError
from neural_style_protocol.settings import Settings

Picture = Callable[..., Tensor]


def _go_on(_progress: Progress, _render: Callable[[], Tensor]) -> bool:
    return True


@pytest.fixture(scope="module")
def make(stylizer: Stylizer, picture: Picture) -> Callable[..., Outcome]:
    def make(longest: int = 96, **settings: float | str) -> Outcome:
        task = Task(
            picture("china", longest),
            (StyleImage(picture("strokes", longest)),),
            Settings.from_dict({"iterations": 12, **settings}),
        )
        return stylizer.stylize(task, _go_on)

    return make


def test_the_picture_has_the_contents_size_and_range(make: Callable[..., Outcome]) -> None:
    outcome = make(97)
    assert outcome.image.shape == (3, 65, 97)
    assert outcome.image.dtype == torch.float32
    assert 0 <= outcome.image.min() < outcome.image.max() <= 1
    assert outcome.ending == "finished"


def test_same_seed_same_bits(make: Callable[..., Outcome]) -> None:
    assert torch.equal(make().image, make().image)


def test_strength_zero_is_the_photo_bit_for_bit(
    make: Callable[..., Outcome], picture: Picture
) -> None:
    outcome = make(strength=0)
    assert torch.equal(outcome.image, picture("china", 96))
    assert outcome.steps == 0


def test_strength_is_monotone(make: Callable[..., Outcome], picture: Picture, vgg64: Vgg) -> None:
    """By what the content loss compares: in pixels, strong paintings are all equally far away."""

    def forms(image: Tensor) -> Tensor:
        return vgg64.features(normalise(image.cpu().double())[None], ["relu4_2"])["relu4_2"]

    content = forms(picture("china", 96))
    distances = [
        # The preset's own work, as people have it: a run cut short is not at its strength yet.
        (forms(make(strength=strength, iterations=0).image) - content).square().mean().item()
        for strength in (0, 5, 20, 50, 80, 100)
    ]
    assert distances == sorted(distances)
    assert len(set(distances)) == len(distances)


def finest_detail(image: Tensor) -> Tensor:
    """What a blur of three pixels takes away, as one row of numbers."""
    smooth = avg_pool2d(image.mean(0, keepdim=True), 3, stride=1, padding=1)
    return (image.mean(0, keepdim=True) - smooth)[:, 2:-2, 2:-2].flatten()


def test_a_strong_painting_lets_go_of_the_photographs_surface(
    make: Callable[..., Outcome], picture: Picture
) -> None:
    photograph = finest_detail(picture("china", 192))

    def left(strength: float) -> float:
        detail = finest_detail(make(192, strength=strength, iterations=0, preset="draft").image)
        return torch.corrcoef(torch.stack((detail, photograph)))[0, 1].item()

    assert left(10) > 0.9
    assert left(75) < 0.5


def test_an_initial_picture_keeps_its_detail(stylizer: Stylizer, picture: Picture) -> None:
    """Only the finest scale paints on it."""
    initial = picture("coffee", 192)
    task = Task(
        picture("china", 192)[:, : initial.shape[1]],
        (StyleImage(picture("strokes", 192)),),
        Settings(strength=75, iterations=1, preset="draft"),
        initial=initial,
    )
    detail = finest_detail(stylizer.stylize(task, _go_on).image)
    kept = torch.corrcoef(torch.stack((detail, finest_detail(initial))))[0, 1].item()
    assert kept > 0.9


def test_style_loss_falls(stylizer: Stylizer, picture: Picture) -> None:
    losses: list[float] = []

    def observe(progress: Progress, _render: Callable[[], Tensor]) -> bool:
        losses.append(progress.losses.total)
        return True

    task = Task(picture("coffee", 64), (StyleImage(picture("mosaic", 64)),), Settings())
    stylizer.stylize(task, observe)
    assert min(losses) < losses[0] / 3


def test_progress_counts_evaluations_and_time(stylizer: Stylizer, picture: Picture) -> None:
    seen: list[Progress] = []

    def observe(progress: Progress, _render: Callable[[], Tensor]) -> bool:
        seen.append(progress)
        return True

    task = Task(picture("china", 160), (StyleImage(picture("mosaic", 96)),), Settings(iterations=2))
    stylizer.stylize(task, observe)
    assert [p.step for p in seen] == list(range(1, seen[0].total + 1))
    assert [p.size for p in seen] == [(80, 54), (80, 54), (160, 107), (160, 107)]
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert 0.0 < fractions[0] < fractions[-1] == 1.0


def test_stopping_keeps_the_picture_so_far(stylizer: Stylizer, picture: Picture) -> None:
    previews: list[Tensor] = []

    def observe(progress: Progress, render: Callable[[], Tensor]) -> bool:
        previews.append(render())
        return progress.step < 5

    content = picture("china", 60)  # so small that there is one scale
    task = Task(content, (StyleImage(picture("mosaic", 60)),), Settings())
    outcome = stylizer.stylize(task, observe)
    assert outcome.ending == "stopped"
    assert outcome.steps == len(previews) == 5
    assert all(preview.shape == content.shape for preview in previews)
    assert not torch.equal(previews[0], previews[-1])


def test_the_observers_own_failure_reaches_the_caller(stylizer: Stylizer, picture: Picture) -> None:
    def observe(_progress: Progress, _render: Callable[[], Tensor]) -> bool:
        raise KeyError("mine")

    task = Task(picture("china", 64), (StyleImage(picture("mosaic", 64)),), Settings())
    with pytest.raises(KeyError, match="mine"):
        stylizer.stylize(task, observe)


BAD_TASKS: dict[str, Callable[[Tensor], Task]] = {
    "too small": lambda x: Task(x[:, :15], (StyleImage(x),), Settings()),
    "a strip": lambda x: Task(torch.rand(3, 20, 8000), (StyleImage(x),), Settings()),
    "no pixels": lambda x: Task(x[:, :0], (StyleImage(x),), Settings()),
    "grey": lambda x: Task(x[:1], (StyleImage(x),), Settings()),
    "not numbers": lambda x: Task(x / 0 - x / 0, (StyleImage(x),), Settings()),
    "no style": lambda x: Task(x, (), Settings()),
    "one-pixel style": lambda x: Task(x, (StyleImage(x[:, :1, :1]),), Settings()),
    "weightless style": lambda x: Task(x, (StyleImage(x, weight=0),), Settings()),
    "no room": lambda x: Task(x, (StyleImage(x),), Settings(size=8)),
}


@pytest.mark.parametrize("name", BAD_TASKS)
def test_bad_pictures_are_refused_in_a_sentence(
    stylizer: Stylizer, picture: Picture, name: str
) -> None:
    with pytest.raises(InputError) as caught:
        stylizer.stylize(BAD_TASKS[name](picture("china", 64)), _go_on)
    assert caught.value.sentence.endswith(".")


def test_running_out_of_memory_is_a_sentence(
    stylizer: Stylizer, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object) -> Tensor:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate")

    where = "neural_style.engine.objective.fitted.FittedObjective.evaluate"
    monkeypatch.setattr(where, exhausted)
    task = Task(picture("china", 64), (StyleImage(picture("mosaic", 64)),), Settings())
    with pytest.raises(WorkerError, match="memory") as caught:
        stylizer.stylize(task, _go_on)
    assert "smaller" in caught.value.next_step


def test_unknown_device_is_a_sentence(stylizer: Stylizer, weights_file: object) -> None:
    with pytest.raises(NeuralStyleError, match="abacus"):
        Stylizer(weights_file, device="abacus")  # type: ignore[arg-type]
