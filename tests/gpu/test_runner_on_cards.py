"""The worker's runner on a machine with two cards: it tells them, and each can be asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

import pictures
from neural_style.cli.daemon import _description
from neural_style.jobstore.job_folder import JobFolder
from neural_style.jobstore.worker_messages import Run
from neural_style.worker.process import DeviceLost
from neural_style.worker.runner import Runner
from neural_style.worker.stop import Stop
from neural_style_protocol import daemon_messages
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import ImageOffer
from neural_style_protocol.daemon_messages import CardLine
from neural_style_protocol.estimates import AskEstimate
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from pretended_gpu.card import Card
from pretended_gpu.machine import pretended

SIDE = 32


@pytest.fixture
def cards() -> Iterator[Sequence[Card]]:
    """Of the same kind and name, as they often are."""
    with pretended(Card(others_bytes=9 << 30), Card(index=1)) as two:
        yield two


@pytest.fixture
def heard() -> list[Message]:
    return []


@pytest.fixture
def runner(cards: Sequence[Card], heard: list[Message], tmp_path: Path) -> Runner:
    return Runner(Home(tmp_path / "home"), lambda message, pictures: heard.append(message))


def job(folder: Path, device: str) -> Run:
    folder.mkdir()
    offers = []
    for index, (role, name) in enumerate((("content", "china"), ("style", "strokes"))):
        samples = (pictures.tensor(name, SIDE) * 255).round().byte().permute(1, 2, 0)
        height, width, channels = samples.shape
        data = samples.contiguous().numpy().tobytes()
        JobFolder(folder).append(index, data)
        offers.append(ImageOffer(role, Picture.of(width, height, channels, data).spec))
    settings = {"preset": "draft", "iterations": 2, "size": SIDE, "device": device}
    return Run("job", str(folder), settings, tuple(offers))


def test_it_tells_the_cards_and_what_is_free_on_them(runner: Runner, cards: Sequence[Card]) -> None:
    assert runner.cards() == (
        CardLine("cuda:0", "Pretended GPU", cards[0].free_bytes),
        CardLine("cuda:1", "Pretended GPU", cards[1].free_bytes),
    )
    assert cards[1].live_bytes > cards[0].live_bytes == 0  # the freest is loaded
    assert runner.card == "cuda:1"


@pytest.mark.parametrize("index", [0, 1])
def test_a_job_gets_the_card_that_it_asks_for(
    runner: Runner, heard: list[Message], cards: Sequence[Card], tmp_path: Path, index: int
) -> None:
    asked, other = cards[index], cards[1 - index]
    asked.peak_bytes = asked.live_bytes
    before, other.peak_bytes = asked.live_bytes, other.live_bytes
    runner.run(job(tmp_path / "job", f"cuda:{index}"), Stop())
    assert isinstance(heard[-1], daemon_messages.Result)
    assert asked.peak_bytes > before
    assert other.peak_bytes == other.live_bytes
    question = AskEstimate("t", {"device": f"cuda:{index}"}, 300, 200)
    assert runner.estimate(question).free_bytes <= asked.total_bytes - asked.others_bytes


def test_a_card_that_fails_is_told_from_a_job_that_fails(
    runner: Runner, cards: Sequence[Card], tmp_path: Path
) -> None:
    def lost(operation: str) -> None:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    cards[1].fault = lost
    with pytest.raises(DeviceLost):
        runner.run(job(tmp_path / "job", "auto"), Stop())
    with pytest.raises(DeviceLost):
        runner.measure(AskEstimate("t", {}, 300, 200), lambda: False)


@pytest.mark.parametrize(("workers", "on_card", "sharers"), [(2, 0, 1), (3, 0, 2), (3, 1, 1)])
def test_workers_that_share_a_card_plan_for_their_part_of_it(
    cards: Sequence[Card], tmp_path: Path, workers: int, on_card: int, sharers: int
) -> None:
    """One that sees both cards knows how many there are for each."""
    threads = torch.get_num_threads()
    try:
        runner = Runner(Home(tmp_path / "home"), lambda *_: None, workers, on_card)
        told = runner.estimate(AskEstimate("t", {"device": "auto"}, 300, 200)).free_bytes
        assert torch.get_num_threads() == max(1, threads // workers)
    finally:
        torch.set_num_threads(threads)
    assert told == cards[1].free_bytes // sharers


def test_the_command_lists_the_cards() -> None:
    cards = (CardLine("cuda:0", "One", 8 * 10**9), CardLine("mps:0", "Other", 0))
    now = daemon_messages.Status("ready", "1", 7, uptime=1.0, device="One", cards=cards)
    assert _description(now).splitlines()[1:] == ["  cuda:0  One, 8.0 GB free", "  mps:0  Other"]
