"""What a window manager does: ``python3 x_window.py owner|close WINDOW``, run inside a root.

``owner`` prints the window that WINDOW is kept above; ``close`` asks it to close, as its × does.
"""

from __future__ import annotations

import ctypes
import sys

CLIENT_MESSAGE = 33
X = ctypes.CDLL("libX11.so.6")
X.XOpenDisplay.restype = ctypes.c_void_p
X.XInternAtom.restype = ctypes.c_ulong


class ClientMessage(ctypes.Structure):
    """X's XClientMessageEvent."""

    _fields_ = (
        ("kind", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("is_sent", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 24),
    )


def owner(display: ctypes.c_void_p, window: ctypes.c_ulong) -> int:
    """The window for which ``window`` is transient; 0 if there is none."""
    found = ctypes.c_ulong()
    X.XGetTransientForHint(display, window, ctypes.byref(found))
    return found.value


def close(display: ctypes.c_void_p, window: ctypes.c_ulong) -> None:
    """Send the message that a window manager sends."""
    protocols, delete = (
        X.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")
    )
    message = ClientMessage(CLIENT_MESSAGE, 0, 1, display, window, protocols, 32)
    message.data[0] = delete
    X.XSendEvent(display, window, 0, ctypes.c_long(0), ctypes.byref(message))
    X.XSync(display, 0)


def main() -> None:
    display, window = ctypes.c_void_p(X.XOpenDisplay(None)), ctypes.c_ulong(int(sys.argv[2]))
    if sys.argv[1] == "owner":
        print(owner(display, window))
    else:
        close(display, window)


if __name__ == "__main__":
    main()
