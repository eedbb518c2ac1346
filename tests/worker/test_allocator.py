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
from neural_style.worker.allocator import keep_freed_memory

SIZE = int(sys.argv[2])
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
    keep_freed_memory()
import torch  # as in the worker, after that
from neural_style.engine.plan.memory import release_memory

thread = threading.Thread(target=job)
thread.start()
thread.join()
found["held"] = psutil.Process().memory_info().rss
release_memory(torch.device("cpu"))
found["after"] = psutil.Process().memory_info().rss
print(json.dumps(found))
"""
SMALL, LARGE = 20 << 20, 96 << 20
"""Bytes of a block: a map of a picture of 300 × 450 in half precision, and of a large one."""


def measured(how: str, size: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how, str(size)],
        capture_output=True,
        check=True,
        timeout=60,
        text=True,
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_pages_are_not_asked_for_again(size: int) -> None:
    pages = 6 * size // resource.getpagesize()
    assert measured("usual", size)["faults"] > pages / 2  # or there would be nothing to better
    assert measured("keep", size)["faults"] < pages / 100


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_after_a_job_the_memory_is_given_back(size: int) -> None:
    kept = measured("keep", size)
    assert kept["held"] - kept["after"] > 5 * size
