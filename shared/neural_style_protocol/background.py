"""How programs are started that have no window and that may outlive this one."""

from __future__ import annotations

import sys
from typing import Any

NO_WINDOW = 0x08000000
"""Windows's CREATE_NO_WINDOW: a program of the console gets a console, but no window for it."""

NEW_GROUP = 0x00000200
"""Windows's CREATE_NEW_PROCESS_GROUP: Ctrl-C in a terminal does not reach the program."""


def unseen(system: str = sys.platform) -> dict[str, Any]:
    """The arguments of Popen for a program that works for this one and shows no window."""
    return {"creationflags": NO_WINDOW} if system == "win32" else {}


def outliving(system: str = sys.platform) -> dict[str, Any]:
    """The arguments of Popen for a program that goes on when this one has ended."""
    if system == "win32":
        return {"creationflags": NO_WINDOW | NEW_GROUP}
    return {"start_new_session": True}
