"""Other users, other clients, and what the daemon never does with what it receives."""

from __future__ import annotations

import ast
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from neural_style_protocol import client_messages
from neural_style_protocol.paths import Home
from service.standin_daemon import RawClient, StandinDaemon, paint

ROOT = Path(__file__).parents[2]
NOBODY = 65534
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "yaml", "PIL"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}


@pytest.fixture
def public_place() -> Iterator[Home]:
    """A home in a folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Home(Path(folder) / "home")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as somebody else")
def test_another_user_can_read_neither_keys_nor_pictures(public_place: Home) -> None:
    public_place.root.mkdir(mode=0o755)
    daemon = StandinDaemon(public_place)
    try:
        with daemon.client() as client:
            paint(client)
        private = [path for path in public_place.root.rglob("*") if path.is_file()]
        assert len(private) > 5
        done = subprocess.run(
            ["/bin/cat", *map(str, private)],
            user=NOBODY,
            group=NOBODY,
            cwd="/",
            capture_output=True,
            check=False,
        )
        assert done.stdout == b""
        assert done.stderr.count(b"Permission denied") == len(private)
    finally:
        daemon.end()


def test_a_client_that_floods_the_daemon_does_not_starve_another(
    shared_daemon: StandinDaemon,
) -> None:
    shared_daemon.start()
    with RawClient(shared_daemon.connection()) as flood, shared_daemon.client() as client:
        flood.say(client_messages.Hello(1, 1))
        for _ in range(20):
            for _ in range(500):
                flood.say(client_messages.AskStatus())
            client.status()
        paint(client)


@pytest.mark.parametrize(
    "path",
    [
        *(ROOT / "daemon" / "neural_style" / "service").glob("*.py"),
        *(ROOT / "shared" / "neural_style_protocol").glob("*.py"),
    ],
    ids=lambda path: path.name,
)
def test_nothing_that_is_received_is_unpickled_or_evaluated(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                assert not {alias.name.split(".")[0] for alias in node.names} & FORBIDDEN_MODULES
            case ast.ImportFrom(module=str(module)):
                assert module.split(".")[0] not in FORBIDDEN_MODULES
            case ast.Call(func=ast.Name(id=name)):
                assert name not in FORBIDDEN_CALLS
            case ast.Call(func=ast.Attribute(attr=name)):
                assert name not in {"recv_pyobj", "send_pyobj", "system", "popen"}
