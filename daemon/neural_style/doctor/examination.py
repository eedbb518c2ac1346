"""All checks; a part comes after the parts that it needs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from neural_style.doctor.daemon import check_daemon
from neural_style.doctor.environment import check_environment
from neural_style.doctor.finding import Finding
from neural_style.doctor.gimp import check_gimps
from neural_style.doctor.home import check_home
from neural_style_protocol.paths import Home
from neural_style_protocol.set_up import ANYWHERE, IN_A_CLONE, way_to_set_up

_INSTEAD = (
    (
        f"{IN_A_CLONE} --torch cuda",
        "uv tool install --force --torch-backend auto neural-style-gimp",
    ),
    (IN_A_CLONE, ANYWHERE),
)


def examine(home: Home) -> Iterator[Finding]:
    """Check the installation in ``home``; yield each finding as soon as it is known."""
    is_by_setup = way_to_set_up(home) == ANYWHERE
    for finding in _examine(home):
        yield in_words_of_setup(finding) if is_by_setup else finding


def _examine(home: Home) -> Iterator[Finding]:
    yield from check_environment()
    yield from check_home(home)
    yield from check_daemon(home)
    yield from check_gimps(home)


def in_words_of_setup(finding: Finding) -> Finding:
    """``finding`` with the commands of those who installed the package with uv."""
    step = finding.next_step
    for of_install_sh, instead in _INSTEAD:
        step = step.replace(of_install_sh, instead)
    return dataclasses.replace(finding, next_step=step)
