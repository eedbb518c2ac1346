"""One look at everything, in the order in which the parts need one another."""

from __future__ import annotations

from collections.abc import Iterator

from neural_style.doctor.daemon import look_at_daemon
from neural_style.doctor.environment import look_at_environment
from neural_style.doctor.finding import Finding
from neural_style.doctor.gimp import look_at_gimps
from neural_style.doctor.home import look_at_home
from neural_style_protocol.paths import Home


def examine(home: Home) -> Iterator[Finding]:
    """Every finding about the installation in ``home``, each as soon as it is known."""
    yield from look_at_environment()
    yield from look_at_home(home)
    yield from look_at_daemon(home)
    yield from look_at_gimps(home)
