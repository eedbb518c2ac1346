"""What an older daemon cannot do, as an error before it is asked."""

from __future__ import annotations

from neural_style_protocol import estimates, sequence
from neural_style_protocol.daemon_messages import Welcome
from neural_style_protocol.errors import DaemonError
from neural_style_protocol.paths import Home
from neural_style_protocol.set_up import way_to_set_up


def check_estimates(daemon: Welcome) -> None:
    """Raises:
    DaemonError: the daemon cannot estimate.
    """
    if estimates.FEATURE not in daemon.features:
        raise DaemonError(
            "The daemon is of version {version}, which cannot estimate.",
            next_step="Run {setup} again, then `neural-style restart`.",
            version=daemon.daemon_version,
            setup=way_to_set_up(Home.find()),
        )


def check_frames(daemon: Welcome) -> None:
    """Raises:
    DaemonError: the daemon cannot paint frames after one another.
    """
    if sequence.FEATURE not in daemon.features:
        raise DaemonError(
            "The daemon is of version {version}, which cannot paint frames after one another.",
            next_step="Run {setup} again, then `neural-style restart`.",
            version=daemon.daemon_version,
            setup=way_to_set_up(Home.find()),
        )
