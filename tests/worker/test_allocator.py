"""Freed memory is used again while a job runs, and is the system's again after it."""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")

PROGRAM = """
import ctypes, json, resource, sys, threading
import psutil
from neural_style.worker import allocator

SIZE = 20 << 20
library = ctypes.CDLL(None)
library.malloc.restype = library.memset.restype = ctypes.c_void_p
library.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
library.free.argtypes = [ctypes.c_void_p]
found = {}

def use():
    blocks = [library.malloc(ctypes.c_size_t(SIZE)) for _ in range(6)]
    for block in blocks:
        library.memset(block, 1, SIZE)
    for block in blocks:
        library.free(block)

def job():
    use()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        use()
    found["faults"] = (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 5

if sys.argv[1] == "keep":
    allocator.keep_freed_memory()
thread = threading.Thread(target=job)
thread.start()
thread.join()
found["held"] = psutil.Process().memory_info().rss
allocator.release_freed_memory()
found["after"] = psutil.Process().memory_info().rss
print(json.dumps(found))
"""
PAGES = 6 * (20 << 20) // resource.getpagesize()


def measured(how: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], capture_output=True, check=True, timeout=60, text=True
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def test_pages_are_not_asked_for_again() -> None:
    assert measured("usual")["faults"] > PAGES / 2  # or there would be nothing to better
    assert measured("keep")["faults"] < PAGES / 100


def test_after_a_job_the_memory_is_given_back() -> None:
    kept = measured("keep")
    assert kept["held"] - kept["after"] > 100 << 20
