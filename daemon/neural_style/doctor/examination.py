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

BY_SETUP = "setup.json"
"""The file in the home of those who ran ``neural-style setup``, and not ./install.sh."""

_INSTEAD = (
    ("./install.sh --torch cuda", "uv tool install --force --torch-backend auto neural-style-gimp"),
    ("./install.sh", "neural-style setup"),
)


def examine(home: Home) -> Iterator[Finding]:
    """Check the installation in ``home``; yield each finding as soon as it is known."""
    for finding in _examine(home):
        yield in_words_of_setup(finding) if (home.root / BY_SETUP).is_file() else finding


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
