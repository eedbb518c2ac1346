"""Where the card fails, another worker finishes the picture, and the daemon stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import pictures
from gpu.card_daemon import SELF, write_states
from neural_style import weights
from neural_style_protocol import events
from neural_style_protocol.client import Client
from neural_style_protocol.launcher import connect, connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SIDE = 32
WAIT_SECONDS = 300

WENT_ON = "started again"
FAILED_TWICE = "failed twice"
UNUSABLE = "The processor computes instead."


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home with weights. Its daemon is stopped at the end."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    made = Home(tmp_path)
    weights.ensure(made.weights)
    yield made
    with connect(made) as client:
        client.shut_down()


def picture(name: str) -> Picture:
    samples = (pictures.tensor(name, SIDE) * 255).round().byte().permute(1, 2, 0)
    height, width, channels = samples.shape
    return Picture.of(width, height, channels, samples.contiguous().numpy().tobytes())


def painted(client: Client, **settings: object) -> list[str]:
    """Paint a picture to its end; the sentences that it told."""
    chosen = Settings.from_dict({"preset": "draft", "iterations": 8, "size": SIDE, **settings})
    job = client.submit(picture("china"), [(picture("strokes"), 1.0)], chosen)
    sentences = []
    for _ in range(WAIT_SECONDS * 5):
        for event in client.wait(0.2):
            if isinstance(event, events.Notice):
                sentences.append(str(event.phrase))
            assert not isinstance(event, events.Failed), event
            if isinstance(event, events.Finished) and event.job == job:
                assert event.steps == 8
                return sentences
    raise AssertionError("the picture is not finished")


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (["fine"], []),
        (["too old"], [UNUSABLE]),
        (["full"], [UNUSABLE]),
        (["fails", "fine"], [WENT_ON]),
        (["fails", "too old"], [WENT_ON, UNUSABLE]),
        (["fails", "gone"], [WENT_ON]),
        (["fails"], [WENT_ON, WENT_ON, FAILED_TWICE]),
    ],
    ids=lambda value: " then ".join(value) if isinstance(value, list) else "",
)
def test_the_picture_is_painted_all_the_same(
    home: Home, states: list[str], told: list[str]
) -> None:
    write_states(home, *states)
    with connect_or_start(home, SELF, name="test") as client:
        sentences = painted(client)
        assert len(sentences) == len(told), sentences
        assert all(part in sentence for part, sentence in zip(told, sentences, strict=True))
        is_free = {line.device: line.free_bytes > 0 for line in client.status().cards}
        found = {"fine": True, "fails": True, "full": False, "too old": False}
        assert is_free == ({} if states[-1] == "gone" else {"cuda:0": found[states[-1]]})
        service = client.daemon.pid
        assert painted(client, device="cpu") == []
    with connect(home) as client:
        assert client.daemon.pid == service
