"""All checks; a part comes after the parts that it needs."""

from __future__ import annotations

from collections.abc import Iterator

from neural_style.doctor.daemon import check_daemon
from neural_style.doctor.environment import check_environment
from neural_style.doctor.finding import Finding
from neural_style.doctor.gimp import check_gimps
from neural_style.doctor.home import check_home
from neural_style_protocol.paths import Home


def examine(home: Home) -> Iterator[Finding]:
    """Check the installation in ``home``; yield each finding as soon as it is known."""
    yield from check_environment()
    yield from check_home(home)
    yield from check_daemon(home)
    yield from check_gimps(home)
