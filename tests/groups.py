"""The groups of tests that run in one process each, for a run over several."""

from __future__ import annotations

GIMPS = ("3.0", "3.2")
"""Making the profile of a GIMP takes long, so that each stays in one process."""

SLOWEST_FIRST = (
    "GIMP 3.0",
    "GIMP 3.2",
    "tests/install/test_install.py",
    "tests/wine/test_on_windows.py",
    "tests/house/test_checkers.py",
    "tests/service/test_fault_rounds.py",
    "tests/scripts/test_bundle.py",
    "tests/service/test_remote.py",
    "tests/service/test_network.py",
    "tests/worker/test_runner.py",
    "tests/worker/test_two_workers.py",
    "tests/service/test_supervisor.py",
    "tests/service/test_workers.py",
    "tests/cli/test_batch_kills.py",
    "tests/cli/test_batch_on_ray.py",
    "tests/cli/test_batch.py",
    "tests/cli/test_estimate.py",
    "tests/engine/test_tiled_objective.py",
    "tests/service/test_deaths.py",
    "tests/service/test_bridge.py",
    "tests/gpu/test_run.py",
    "tests/gpu/test_lost_card.py",
    "tests/gpu/test_painting.py",
    "tests/gpu/test_full_card.py",
    "tests/gpu/test_older_cards.py",
    "tests/gpu/test_lean_memory.py",
    "tests/engine/test_float16.py",
    "tests/service/test_previews.py",
    "tests/service/test_watchdog.py",
    "tests/engine/test_stylizer.py",
    "tests/engine/test_resuming.py",
    "tests/ranks/test_kills.py",
    "tests/ranks/test_gloo.py",
    "tests/ranks/test_command.py",
    "tests/engine/test_bands.py",
)
"""Groups that begin before the others, so that the processes end together."""


def group_of(node: str) -> str:
    """The group of a test, given pytest's name for it: one process runs all of a group."""
    file = node.partition("::")[0]
    if file.startswith("tests/gimp/"):
        for series in GIMPS:
            if f"[{series}" in node:
                return f"GIMP {series}"
    return file
