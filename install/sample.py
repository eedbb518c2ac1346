"""Check the installation: stylise a small picture with the daemon."""

from __future__ import annotations

import time
from pathlib import Path

from install.console import run, say, step
from install.environment import Environment
from install.install_paths import InstallPaths
from install.launcher import environment_of

SIZE = 256
STYLE = "mosaic"


def stylise(environment: Environment, paths: InstallPaths) -> Path:
    """Draw a content image and a style image, stylise them, and return the result's path.

    Raises:
        InstallError: a step failed.
    """
    step("A sample picture, through the daemon")
    start = time.monotonic()
    run(
        [environment.python, "-I", "-m", "neural_style.samples", paths.sample],
        failure="The sample's own pictures could not be drawn",
    )
    result = paths.sample / "stylised.png"
    result.unlink(missing_ok=True)
    run(
        [
            *(environment.python, "-I", environment.command, "stylize"),
            *(paths.sample / "landscape.png", paths.sample / f"{STYLE}.png"),
            *("-o", result, "--size", str(SIZE), "--preset", "draft"),
        ],
        env=environment_of(paths),
        failure="The sample picture could not be stylised",
        next_step=f"The daemon's log is in {paths.home.logs}.",
    )
    say(f"{result}, in {time.monotonic() - start:.0f} seconds")
    return result
