"""The picture itself goes through the sizes of its preview, and looks like it on the way."""

from __future__ import annotations

import pytest

from neural_style.engine.presets import recipe_for
from neural_style_protocol.result_size import preview_size
from neural_style_protocol.settings import Settings

CONTENTS = [(1600, 1200), (683, 1024), (4200, 2801), (517, 333), (600, 400)]
SETTINGS = [Settings(preset="draft"), Settings(), Settings(preset="high"), Settings(size=3000)]


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("settings", SETTINGS)
def test_a_preview_has_the_first_sizes_of_its_picture(
    settings: Settings, content: tuple[int, int]
) -> None:
    width, height = preview_size(settings, *content, 640)
    own = [scale.size for scale in recipe_for(settings, content[::-1]).scales]
    small = Settings(preset="draft", size=max(width, height))
    assert [scale.size for scale in recipe_for(small, (height, width)).scales] == [
        size for size in own if max(size) <= 640
    ]
