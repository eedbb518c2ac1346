"""The traffic that is foretold is that of an evaluation."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from neural_style import weights
from neural_style.engine.minimise.minimisers import minimiser_for
from neural_style.engine.network.vgg import Vgg, load_weights
from neural_style.engine.objective.build import build_objective
from neural_style.engine.objective.collecting import WeightedStyle
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.presets import recipe_for
from neural_style.engine.share import Share, Spans, bands_of
from neural_style.ranks.costs import plans_at, traffic_of
from neural_style.ranks.run import Content, Work
from neural_style_protocol.settings import Settings
from ranks.a_rank import picture
from threads_sharing import side_by_side

CPU = torch.device("cpu")


class Counting:
    """Counts what the rank sends, as a ring and messages between neighbours would take it."""

    def __init__(self, share: Share) -> None:
        self._share, self.rank, self.count = share, share.rank, share.count
        self.rows = self.sums = 0.0

    def total(self, sums: Tensor) -> Tensor:
        self.sums += 2 * (self.count - 1) / self.count * sums.numel() * sums.element_size()
        return self._share.total(sums)

    def largest(self, values: Tensor) -> Tensor:
        return self._share.largest(values)

    def complete(self, maps: Tensor, owned: Spans, needed: Spans) -> Tensor:
        self._count(maps, owned, needed)
        return self._share.complete(maps, owned, needed)

    def give_back(self, maps: Tensor, needed: Spans, owned: Spans) -> Tensor:
        self._count(maps, needed, owned)
        return self._share.give_back(maps, needed, owned)

    def _count(self, maps: Tensor, has: Spans, gets: Spans) -> None:
        row = maps.numel() // max(1, maps.shape[-2]) * maps.element_size()
        for other, span in enumerate(gets):
            if other != self.rank:
                self.rows += len(has[self.rank].common(span)) * row


@pytest.fixture(scope="module")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> Vgg:
    file = weights.ensure(tmp_path_factory.mktemp("weights"))
    return Vgg(load_weights(file), CPU, torch.float32)


@pytest.mark.parametrize("plan", [ExecutionPlan(CPU, 64, 1), ExecutionPlan(CPU, 64, 0, True)])
@pytest.mark.parametrize(("preset", "count"), [("standard", 2), ("textbook", 3)])
def test_the_traffic_of_an_evaluation_is_foretold(
    vgg: Vgg, preset: str, count: int, plan: ExecutionPlan
) -> None:
    size = (200, 60)
    recipe = recipe_for(Settings(preset=preset, size=200), size)
    content = 2 * picture(*size, seed=1).float().unsqueeze(0) - 1
    styles = [WeightedStyle(2 * picture(60, 44, seed=2).float().unsqueeze(0) - 1, 1.0)]

    def sent(share: Share) -> tuple[float, float, int, int]:
        counting = Counting(share)
        bands = bands_of(counting, size[0])
        own = content[..., bands.own.slice, :]
        tiling = plan.tiling(recipe.architecture)
        objective = build_objective(vgg, recipe, own, styles, tiling=tiling, bands=bands)
        minimiser = minimiser_for(recipe.minimiser, own, 10, bands)
        counting.rows = counting.sums = 0.0
        minimiser.measure(objective.evaluate(minimiser.point).gradient)
        foretold = traffic_of(recipe, vgg, plan, bands, size[1])
        return counting.rows, counting.sums, foretold.rows, foretold.sums

    for rows, sums, foretold_rows, foretold_sums in side_by_side(count, sent):
        assert foretold_rows == rows
        assert foretold_sums == pytest.approx(sums, rel=0.01)


def test_bands_are_never_computed_whole() -> None:
    recipe = recipe_for(Settings(size=200), (200, 60))
    finest = recipe.scales[-1]

    def tiles(share: Share) -> list[bool]:
        bands = bands_of(share, 200)
        content = Content(torch.zeros(3, len(bands.own), 60), bands)
        plans = plans_at(Work(content, (), recipe, least_rows=16), finest, CPU)
        return [plan.tile is None for plan in plans]

    assert not any(side_by_side(2, tiles)[0])
