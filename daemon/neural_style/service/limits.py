"""How much the daemon takes from its clients before it says no."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that hold before anything is allocated; times in seconds."""

    clients: int = 32
    jobs_waiting: int = 64
    uploads_per_client: int = 4
    pixel_bytes_waiting: int = 4 << 30
    results_kept: int = 16
    result_bytes_kept: int = 512 << 20
    silent_client: float = 60.0
    stop_grace: float = 5.0
    """How long a worker may take to end before it is killed."""
