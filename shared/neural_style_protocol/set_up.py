"""What a person runs to set Neural Style up again, where a sentence advises that."""

from __future__ import annotations

import sys

from neural_style_protocol.paths import Home

IN_A_CLONE, ANYWHERE = "./install.sh", "neural-style setup"

RECORD = "setup.json"
"""The file in the home of those who ran ``neural-style setup``, and not ./install.sh."""


def way_to_set_up(home: Home, system: str = sys.platform) -> str:
    """The command that set ``home`` up, or that a person on ``system`` would use.

    Only on Linux is ./install.sh a set-up of its own.
    """
    by_itself = system != "linux" or (home.root / RECORD).is_file()
    return ANYWHERE if by_itself else IN_A_CLONE
