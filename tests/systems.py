"""What the system of the tests is, for tests that only some systems can run."""

from __future__ import annotations

import os
import sys

import pytest

IS_WINDOWS = sys.platform == "win32"
IS_ROOT = sys.platform != "win32" and os.geteuid() == 0

needs_modes = pytest.mark.skipif(IS_WINDOWS, reason="Windows has no modes of files")
needs_signals = pytest.mark.skipif(IS_WINDOWS, reason="Windows cannot stop or signal a process")
