"""A program for a Python as bare as GIMP's on Windows, which paints through the bridge.

``python gimp_stand_in.py VENDOR HOME COMMAND…``; VENDOR has the plug-in's packages, and COMMAND
starts the daemon. It kills the bridge once, and prints what it saw as JSON.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
import time
from pathlib import Path

WAIT_SECONDS = 60.0


def main(vendor: str, home: str, command: list[str]) -> None:
    sys.path.insert(0, vendor)
    import msgpack

    from neural_style_protocol import events
    from neural_style_protocol.bridge.connecting import connect_by_bridge
    from neural_style_protocol.client import Client
    from neural_style_protocol.paths import Home
    from neural_style_protocol.pixels import Picture
    from neural_style_protocol.settings import Settings

    def until(client: Client, kind: type) -> events.Event:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            for event in client.wait(1.0):
                if isinstance(event, kind):
                    return event
        raise TimeoutError(f"no {kind.__name__} came")

    picture = Picture.of(16, 12, 3, bytes(16 * 12 * 3))
    with connect_by_bridge(Home(Path(home)), command, name="stand-in") as client:
        job = client.submit(picture, [(picture, 1.0)], Settings())
        before = until(client, events.Preview)
        first = client._channel._link.bridge_pid
        os.kill(first, signal.SIGTERM)
        after = until(client, events.Preview)
        second = client._channel._link.bridge_pid
        client.cancel(job, keep=True)
        finished = until(client, events.Finished)
        daemon = client.daemon.pid
        client.shut_down()
    seen = {
        "zeromq": importlib.util.find_spec("zmq") is not None,
        "packer": msgpack.Packer.__module__,
        "preview": before.picture.data.hex()[:6],
        "goes_on": after.job == job and after.step > before.step,
        "another_bridge": len({first, second, daemon, os.getpid()}) == 4,
        "result": sorted(set(finished.picture.data)),
    }
    print("seen", json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
