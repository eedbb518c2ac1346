"""A batch on a real cluster of Ray on this machine: the pictures are those of the daemon."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest
from PIL import Image

from cli.batches import hashes
from cli.conftest import started
from neural_style.batch.manifest import FOLDER
from neural_style_protocol.paths import Home
from service.standin_daemon import wait_until

pytest.importorskip("ray")
grpc = pytest.importorskip("grpc")
pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]

NODES = "/ray.rpc.NodeInfoGcsService/GetAllNodeInfo"
"""A question to the cluster's centre: which machines there are."""


def actors_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return [child for child in _children(process) if "ray::Actor" in _title(child)]


def _children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def asked(address: str, token: str) -> str:
    """How the cluster's centre answers somebody with that token."""
    with grpc.insecure_channel(address) as channel:
        words = [("authorization", f"Bearer {token}")] if token else []
        try:
            channel.unary_unary(NODES)(b"", metadata=words, timeout=60)
        except grpc.RpcError as problem:
            return str(problem.code().name)
    return "OK"


def is_painting(process: psutil.Process) -> bool:
    return "ray::Actor.paint" in _title(process)


def test_an_actor_is_killed_and_the_pictures_are_the_daemons(home: Home, tmp_path: Path) -> None:
    """On the way: who has no token gets nothing, and nothing is reported to Ray's makers."""
    (tmp_path / "photos").mkdir()
    for number in range(4):
        noise = Image.effect_noise((64, 48), 40 + 20 * number).convert("RGB")
        noise.save(tmp_path / "photos" / f"{number}.png")
    Image.effect_noise((40, 40), 90).convert("RGB").save(tmp_path / "style.png")
    words = ["batch", tmp_path / "photos", "--style", tmp_path / "style.png", "--json"]
    words += ["--iterations", 12, "--arithmetic", "float32", "-o"]

    with started([*words, tmp_path / "ray", "--on", "ray"], home) as process:
        wait_until(lambda: any(map(is_painting, actors_of(process))) or process.poll() is not None)
        victim = next(actor for actor in actors_of(process) if is_painting(actor))
        raylet = next(c for c in _children(process) if _title(c).split(" ")[0].endswith("raylet"))
        environment, command = raylet.environ(), raylet.cmdline()
        os.kill(victim.pid, signal.SIGKILL)
        (address,) = {w.split("=")[1] for w in command if w.startswith("--gcs-address=")}
        answers = [asked(address, token) for token in ("", "0" * 64, environment["RAY_AUTH_TOKEN"])]
        text, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert json.loads(text)["counts"] == {"painted": 4}
    assert environment["RAY_AUTH_MODE"] == "token"
    assert len(environment["RAY_AUTH_TOKEN"]) == 64
    assert environment["RAY_USAGE_STATS_ENABLED"] == "0"
    assert answers == ["UNAUTHENTICATED", "UNAUTHENTICATED", "OK"]
    assert not psutil.pid_exists(raylet.pid)

    with started([*words, tmp_path / "daemon"], home) as process:
        _, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert hashes(tmp_path / "ray") == hashes(tmp_path / "daemon")
    assert len(set(hashes(tmp_path / "ray").values())) == 4
    records = [
        (tmp_path / where / FOLDER / "0-style.png.json").read_text(encoding="utf-8")
        for where in ("ray", "daemon")
    ]
    one, other = (json.loads(record)["fingerprint"] for record in records)
    assert one == other
