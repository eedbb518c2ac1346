"""The two ways from a client to the daemon."""

from __future__ import annotations

import pytest

BOTH_LINKS = pytest.mark.parametrize("link", ["direct", "bridge"], indirect=True)
"""For tests whose clients need not know how they are connected."""
