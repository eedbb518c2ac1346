"""How much the daemon takes from its clients before it says no, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that hold before anything is allocated; times in seconds."""

    clients: int = 32
    jobs_waiting: int = 64
    uploads_per_client: int = 4
    pixel_bytes_waiting: int = 4 << 30
    history_jobs: int = 100
    history_bytes: int = 2 << 30
    silent_client: float = 60.0
    stop_grace: float = 5.0
    """How long a worker may take to end before it is killed."""
    silent_worker: float = 15.0
    """A worker that has not answered for so long is taken for frozen, and replaced."""
    hung_worker: float = 600.0
    """A job that shows no sign of life for so long hangs, and its worker is replaced ..."""
    hung_per_megapixel: float = 30.0
    """... with so much more for each megapixel of its pictures."""
    worker_starts: int = 3
    """Workers in a row that may die while loading before their jobs are given up."""
    crashes_per_job: int = 3
    """Workers that a job may cost before it is given up."""
    unload_after: float = 5 * 60.0
    """Without work for so long, the worker and its model are let go."""
    exit_after: float = 60 * 60.0
    """Without work and clients for so long, the daemon ends."""
