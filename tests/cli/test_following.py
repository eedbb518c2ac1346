"""The progress bar of one picture."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from neural_style.cli.following import Bar
from neural_style.cli.terminal import Speaker
from neural_style_protocol import events
from neural_style_protocol.losses import Losses


@pytest.mark.parametrize(
    ("remaining", "words"), [(None, ""), (8.2, "8 s left"), (200.0, "3 min 20 s left")]
)
def test_the_bar_shows_the_time_that_the_daemon_tells(remaining: float | None, words: str) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=200)
    speaker = Speaker(as_json=False, console=console)
    progress = events.Progress("job", 3, 9, 0.5, Losses({"content": 1.0}, 1.0), 60.0, remaining)
    with Bar(speaker) as bar:
        bar.show(progress, speaker)
    assert "50 %" in screen.getvalue()
    assert (" left" in screen.getvalue()) == bool(words)
    assert words in screen.getvalue()
