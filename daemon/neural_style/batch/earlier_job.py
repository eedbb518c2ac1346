"""The job in which an earlier run has had a picture painted: whether its picture can be taken."""

from __future__ import annotations

import contextlib

from neural_style_protocol.client import Client
from neural_style_protocol.errors import NeuralStyleError, UnknownJobError


def earlier_job(client: Client, job: str) -> str:
    """``job`` itself, if its picture is there or will be, painted in one go to its end.

    Otherwise it is empty. A job that was interrupted is removed: it would go on within rounding,
    but not with the same bits. What was stopped before its end stays in the daemon's history.

    Args:
        job: empty if there was none.

    Raises:
        NeuralStyleError: the daemon does not answer.
    """
    if not job:
        return ""
    try:
        found = client.job(job)
    except UnknownJobError:
        return ""
    if found.state == "paused":
        remove(client, job)
    is_whole = found.state == "done" and found.ending != "stopped"
    return job if is_whole or found.state in ("queued", "running") else ""


def remove(client: Client, job: str) -> None:
    """Let the daemon forget ``job``, if it can."""
    with contextlib.suppress(NeuralStyleError):
        client.change(job, "remove")
