"""The proof that it works: a small picture through the daemon."""

from __future__ import annotations

import time
from pathlib import Path

from install.console import run, say, step
from install.environment import Environment
from install.launcher import environment_of
from install.places import Places

SIZE = 256
STYLE = "mosaic"


def stylise(environment: Environment, places: Places) -> Path:
    """Draw a content image and a style image, stylise one after the other, and say where.

    Raises:
        InstallError: a step failed; the environment in use before is still in use.
    """
    step("A sample picture, through the daemon")
    start = time.monotonic()
    run(
        [environment.python, "-I", "-m", "neural_style.samples", places.sample],
        failure="The sample's own pictures could not be drawn",
    )
    result = places.sample / "stylised.png"
    result.unlink(missing_ok=True)
    run(
        [
            *(environment.python, "-I", environment.command, "stylize"),
            *(places.sample / "landscape.png", places.sample / f"{STYLE}.png"),
            *("-o", result, "--size", str(SIZE), "--preset", "draft"),
        ],
        env=environment_of(places),
        failure="The sample picture could not be stylised",
        next_step=f"The daemon's log is in {places.home.logs}.",
    )
    say(f"{result}, in {time.monotonic() - start:.0f} seconds")
    return result
