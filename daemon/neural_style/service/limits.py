"""Limits on what the daemon accepts from its clients, and on waiting times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits, checked before memory is allocated; times are in seconds."""

    clients: int = 32
    jobs_waiting: int = 64
    uploads_per_client: int = 4
    pixel_bytes_waiting: int = 4 << 30
    preview_pixels: int = 1 << 20
    """A larger picture is never a preview: it waits for its turn."""
    history_jobs: int = 100
    history_bytes: int = 2 << 30
    silent_client: float = 60.0
    stop_grace: float = 5.0
    """A worker that should end is killed after this time."""
    silent_worker: float = 15.0
    """A worker that has not answered for this time counts as frozen, and is replaced."""
    hung_worker: float = 600.0
    """A job without a sign of life for this time counts as hung, and its worker is replaced."""
    hung_per_megapixel: float = 30.0
    """Added to ``hung_worker`` for each megapixel of the job's pictures."""
    worker_starts: int = 3
    """When so many workers in a row have died while loading, the waiting jobs fail."""
    crashes_per_job: int = 3
    """A job fails when so many workers have died while computing it."""
    unload_after: float = 5 * 60.0
    """The worker and its model are unloaded after this time without work."""
    exit_after: float = 60 * 60.0
    """The daemon ends after this time without work and without clients."""
