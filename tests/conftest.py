"""How the suite is divided among processes: by file, and what one GIMP is asked all together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groups import SLOWEST_FIRST, group_of

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest groups first, and leave the order otherwise as it is."""
    ranks = {group: rank for rank, group in enumerate(SLOWEST_FIRST)}
    items.sort(key=lambda item: ranks.get(group_of(item.nodeid), len(ranks)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Hand out whole groups, in the order of collection if ``--no-loadscope-reorder`` is given."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return Scheduling(config, log)
