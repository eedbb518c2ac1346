"""How large a picture becomes."""

from __future__ import annotations

import pytest

from neural_style_protocol.result_size import preview_size, result_size
from neural_style_protocol.settings import Settings


@pytest.mark.parametrize(
    ("preset", "size", "content", "wanted"),
    [
        ("draft", 0, (4000, 3000), (512, 384)),
        ("standard", 0, (3000, 4000), (3000, 4000)),
        ("standard", 0, (6000, 4000), (4096, 2731)),
        ("high", 0, (12000, 1), (8192, 1)),
        ("standard", 0, (300, 200), (300, 200)),
        ("standard", 2000, (4000, 3000), (2000, 1500)),
        ("standard", 2000, (400, 300), (400, 300)),
        ("textbook", 0, (4000, 4000), (450, 300)),
        ("textbook", 100, (4000, 4000), (100, 100)),
    ],
)
def test_the_size_of_a_result(
    preset: str, size: int, content: tuple[int, int], wanted: tuple[int, int]
) -> None:
    assert result_size(Settings(preset=preset, size=size), *content) == wanted


@pytest.mark.parametrize(
    ("settings", "content", "wanted"),
    [
        (Settings(), (4000, 3000), (500, 375)),
        (Settings(), (6000, 4000), (512, 342)),
        (Settings(preset="high"), (3000, 4000), (375, 500)),
        (Settings(size=4200), (4200, 2800), (525, 350)),
        (Settings(), (600, 400), (600, 400)),
        (Settings(), (700, 401), (350, 200)),
        (Settings(preset="textbook"), (4000, 3000), (640, 480)),
    ],
)
def test_the_size_of_a_preview(
    settings: Settings, content: tuple[int, int], wanted: tuple[int, int]
) -> None:
    assert preview_size(settings, *content, 640) == wanted
