"""How a rank computes its part is chosen by what it may use of the free memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
import torch

from neural_style.engine.network.vgg import Vgg
from neural_style.engine.presets import recipe_for
from neural_style.engine.share import WHOLE, bands_of
from neural_style.ranks import plans as plans_module
from neural_style.ranks.costs import memory_at, plans_at
from neural_style.ranks.group import Group
from neural_style.ranks.plans import chosen_plans
from neural_style.ranks.run import Content, Work
from neural_style_protocol.errors import WorkerError
from neural_style_protocol.phrases import amount
from neural_style_protocol.settings import Settings
from ranks.test_group import Pinboard

CPU = torch.device("cpu")


def test_the_refusal_says_what_the_need_is_compared_with(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipe_for(Settings(size=400), (400, 300))
    work = Work(Content(torch.zeros(3, 400, 300), bands_of(WHOLE, 400)), (), recipe)
    scale, vgg = recipe.scales[0], cast(Vgg, SimpleNamespace(dtype=torch.float32))
    plans = plans_at(work, scale, CPU)
    needed = min(memory_at(work, scale, plan, torch.float32) for plan in plans)
    free = round(1.1 * needed)
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    monkeypatch.setattr(plans_module, "free_memory", lambda device: free)
    with pytest.raises(WorkerError) as refused:
        chosen_plans(work, vgg, Group(WHOLE, CPU, Pinboard()))
    assert refused.value.sentence.endswith(
        f"which takes about {amount(needed)}. {amount(free)} are free for it, "
        f"and {amount(round(0.88 * needed))} of them can be used."
    )
