"""The large download: resumed where it stopped, checked by hash, honest without a network."""

from __future__ import annotations

import hashlib
import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from neural_style import weights
from neural_style.weights import sources
from neural_style.weights.layers import CHANNELS
from neural_style_protocol.errors import WeightsError


def _published() -> bytes:
    """A state dict of the published topology, all zeros but for a trace in each bias."""
    state: dict[str, torch.Tensor] = {}
    inputs = 3
    for index, outputs in zip(
        (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28), CHANNELS, strict=True
    ):
        state[f"features.{index}.weight"] = torch.zeros(1).expand(outputs, inputs, 3, 3)
        state[f"features.{index}.bias"] = torch.full((outputs,), float(index))
        inputs = outputs
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


class _Server:
    """Serves one file with Range, cutting the first answer short when told to."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.cut_first_at: int | None = None
        self.ranges: list[str | None] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range")
                outer.ranges.append(asked)
                start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
                if start >= len(outer.content):
                    self.send_error(416)
                    return
                body = outer.content[start:]
                self.send_response(206 if asked else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                cut, outer.cut_first_at = outer.cut_first_at, None
                self.wfile.write(body[:cut])

            def log_message(self, format: str, *args: object) -> None:
                del format, args

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/vgg19.pth"
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Server]:
    content = _published()
    digest = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(sources, "TORCHVISION_SHA256_PREFIX", digest[:8])
    monkeypatch.setattr(sources, "CHUNK_BYTES", 1000)
    monkeypatch.setattr(sources.time, "sleep", lambda _seconds: None)
    server = _Server(content)
    monkeypatch.setattr(sources, "TORCHVISION_URL", server.url)
    yield server
    server.close()


def test_a_cut_connection_is_resumed(tmp_path: Path, server: _Server) -> None:
    server.cut_first_at = 5000
    path = weights.fetch(tmp_path, "torchvision")
    assert server.ranges == [None, "bytes=5000-"]
    assert weights.verify(tmp_path, "torchvision") == path
    assert not sources.part_path(tmp_path).exists()


def test_a_whole_part_needs_no_second_download(tmp_path: Path, server: _Server) -> None:
    sources.part_path(tmp_path).write_bytes(server.content)
    weights.fetch(tmp_path, "torchvision")
    assert server.ranges == [f"bytes={len(server.content)}-"]


def test_a_damaged_download_is_refused_and_started_afresh(tmp_path: Path, server: _Server) -> None:
    sources.part_path(tmp_path).write_bytes(b"x" * len(server.content))
    with pytest.raises(WeightsError, match="damaged"):
        weights.fetch(tmp_path, "torchvision")
    assert weights.fetch(tmp_path, "torchvision").is_file()


def test_damage_after_conversion_is_found(tmp_path: Path, server: _Server) -> None:
    path = weights.fetch(tmp_path, "torchvision")
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(WeightsError, match=path.name):
        weights.verify(tmp_path, "torchvision")


def test_without_a_network_the_sentence_says_so(tmp_path: Path, server: _Server) -> None:
    server.http.socket.close()
    with pytest.raises(WeightsError, match="cannot be downloaded") as caught:
        weights.fetch(tmp_path, "torchvision")
    assert "network" in caught.value.next_step
