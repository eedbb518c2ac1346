"""Memory left to this process where it may use less than the machine has.

Under a container's limit, systemd's ``MemoryMax=`` or ``ulimit -v``, a process can be killed or its
allocations can fail although the machine has free memory.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def memory_left_in_limits(own: Path = OWN, cgroups: Path = CGROUPS) -> list[int]:
    """Bytes left under each limit on this process; empty without limits.

    Args:
        own: the file that lists this process's control groups.
        cgroups: where the control group hierarchy is mounted.
    """
    return [*_address_space(), *_control_groups(own, cgroups)]


def _address_space() -> Iterator[int]:
    if sys.platform == "win32":
        return
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        yield max(0, limit - psutil.Process().memory_info().vms)


def _control_groups(own: Path, cgroups: Path) -> Iterator[int]:
    """Bytes left in this process's group and each of its parents; cgroups v1 and v2."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if not colon:
            continue
        if controllers == "":
            root, limit, usage = cgroups, "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            root = cgroups / "memory"
            limit, usage = "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        group = root / path.lstrip("/")
        for folder in (group, *group.parents):
            if folder == root.parent:
                break
            most, used = _number(folder / limit), _number(folder / usage)
            if most is not None and used is not None:
                yield max(0, most - used + _cache(folder))


def _cache(folder: Path) -> int:
    """Bytes of cached files, which the kernel can free first."""
    try:
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return int(stat.get("inactive_file", 0))
    except (OSError, ValueError):
        return 0


def _number(file: Path) -> int | None:
    """The number in ``file``; None for ``max`` or if the file cannot be read."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
