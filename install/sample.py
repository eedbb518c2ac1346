"""Check the installation: stylise a small picture with the daemon."""

from __future__ import annotations

import time
from pathlib import Path

from install.console import run, say, step
from install.environment import Environment
from install.install_paths import InstallPaths
from install.launcher import environment_of
from neural_style.sample_picture import SamplePicture


def stylise(environment: Environment, paths: InstallPaths) -> Path:
    """Draw a content image and a style image, stylise them, and return the result's path.

    Raises:
        InstallError: a step failed.
    """
    step("A sample picture, through the daemon")
    start = time.monotonic()
    sample = SamplePicture(paths.sample)
    run(
        [environment.python, "-I", *sample.drawing],
        failure="The sample's own pictures could not be drawn",
    )
    sample.result.unlink(missing_ok=True)
    run(
        [environment.python, "-I", *sample.painting],
        env=environment_of(paths),
        failure="The sample picture could not be stylised",
        next_step=f"The daemon's log is in {paths.home.logs}.",
    )
    say(f"{sample.result}, in {time.monotonic() - start:.0f} seconds")
    return sample.result
