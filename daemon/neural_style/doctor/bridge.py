"""Checks how the plug-in gets to the daemon, and tries the bridge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from neural_style.doctor.finding import Finding
from neural_style.gimps import GimpProgram
from neural_style_protocol.bridge.connecting import open_link
from neural_style_protocol.errors import BridgeError, NeuralStyleError, ProtocolError
from neural_style_protocol.paths import Home


def check_links(
    programs: Sequence[GimpProgram], commands: Iterable[tuple[str, ...]], home: Home
) -> Iterator[Finding]:
    """Which link each GIMP's plug-in uses, and whether the bridge of each command works.

    No daemon is started for that.
    """
    for program in programs:
        if program.packaging == "Flatpak":
            words = f"{program.name} has a direct link to the daemon: it cannot start the bridge."
            yield Finding("link", "ok", words)
    for command in commands:
        yield _bridge(command, home)


def _bridge(command: tuple[str, ...], home: Home) -> Finding:
    try:
        open_link(home, command, name="neural-style doctor", start=False).close()
    except (BridgeError, ProtocolError) as error:
        return Finding("link", "problem", str(error), "Run ./install.sh again.")
    except NeuralStyleError:
        pass  # the bridge works, and the daemon has a check of its own
    return Finding("link", "ok", f"The plug-in uses the bridge, and it works ({command[0]}).")
