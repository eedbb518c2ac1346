"""What an older daemon cannot do, said before it is asked for it."""

from __future__ import annotations

from neural_style_protocol import estimates, sequence
from neural_style_protocol.client_messages import ARITHMETIC
from neural_style_protocol.daemon_messages import Welcome
from neural_style_protocol.errors import DaemonError
from neural_style_protocol.paths import Home
from neural_style_protocol.set_up import way_to_set_up


def check_estimates(daemon: Welcome) -> None:
    """Check that the daemon answers questions about time and memory.

    Raises:
        DaemonError: it does not.
    """
    if estimates.FEATURE not in daemon.features:
        raise DaemonError(
            "The daemon is of version {version}, which cannot estimate.",
            next_step="Run {setup} again, then `neural-style restart`.",
            version=daemon.daemon_version,
            setup=way_to_set_up(Home.find()),
        )


def check_arithmetic(daemon: Welcome) -> None:
    """Check that the daemon paints a picture in the arithmetic that is chosen for it.

    Raises:
        DaemonError: it would paint it in another one, without a word.
    """
    if ARITHMETIC not in daemon.features:
        raise DaemonError(
            "The daemon is of version {version}, which paints in no arithmetic but its own.",
            next_step="Run {setup} again, then `neural-style restart`.",
            version=daemon.daemon_version,
            setup=way_to_set_up(Home.find()),
        )


def check_frames(daemon: Welcome) -> None:
    """Check that the daemon paints the frames of a video after one another.

    Raises:
        DaemonError: it does not.
    """
    if sequence.FEATURE not in daemon.features:
        raise DaemonError(
            "The daemon is of version {version}, which cannot paint frames after one another.",
            next_step="Run {setup} again, then `neural-style restart`.",
            version=daemon.daemon_version,
            setup=way_to_set_up(Home.find()),
        )
