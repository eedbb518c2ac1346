"""What is recorded of a batch is read again as it was written, and damage is noticed."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from neural_style.batch import manifest as module
from neural_style.batch.fingerprint import Source, Sources, fingerprint
from neural_style.batch.manifest import FOLDER, Manifest, Record
from neural_style_protocol import atomic
from neural_style_protocol.errors import StorageError
from neural_style_protocol.losses import Losses
from neural_style_protocol.settings import Settings

SOURCE = Source("/photos/a.png", "ab" * 32, 12, 1_700_000_000_000_000_000)


def record(output: str = "a-s.png", **changed: object) -> Record:
    values: dict[str, object] = {
        "outcome": "painted",
        "output": output,
        "fingerprint": "cd" * 32,
        "sources": (SOURCE, SOURCE),
        "settings": Settings().to_dict(),
        "weights_sha256": "ef" * 32,
        "arithmetic": "float32",
        "version": "0.1.0",
        "losses": Losses({"style": 1.0}, 1.0),
        **changed,
    }
    return Record(**values)  # type: ignore[arg-type]


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    made = Manifest(tmp_path / "out")
    made.make()
    return made


def test_a_record_is_read_as_it_was_written(manifest: Manifest) -> None:
    raw = b"a\xff-s.png".decode(errors="surrogateescape")
    for output in ("a-s.png", "Ä-s.png", raw):
        manifest.write(record(output))
        assert manifest.record(output) == record(output)
    assert set(manifest.records()) == {"a-s.png", "ä-s.png", raw}
    assert (manifest.record("none.png"), manifest.damaged) == (None, [])


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"outcome": "eaten"}'])
def test_a_damaged_record_counts_as_none_and_is_named(manifest: Manifest, text: bytes) -> None:
    path = manifest.folder / FOLDER / "a-s.png.json"
    path.write_bytes(text)
    assert manifest.records() == {"a-s.png": None}
    assert manifest.damaged == [path]


def test_its_own_pictures_are_known(manifest: Manifest, tmp_path: Path) -> None:
    manifest.write(record(outcome="begun"))
    assert manifest.is_output(manifest.folder / "a-s.png")
    assert not manifest.is_output(manifest.folder / "b-s.png")
    assert not manifest.is_output(tmp_path / "a-s.png")
    (tmp_path / "link").symlink_to(manifest.folder)
    assert manifest.is_output(tmp_path / "link" / "a-s.png")


def test_the_first_arithmetic_stays(manifest: Manifest) -> None:
    usual, textbook = Settings(), Settings(preset="textbook")
    assert manifest.arithmetic(usual) == ""
    assert manifest.choose(usual, "bfloat16", "0.1.0") == "bfloat16"
    assert manifest.choose(usual, "float32", "0.1.0") == "bfloat16"
    assert manifest.choose(textbook, "float32", "0.1.0") == "float32"
    assert manifest.arithmetic(Settings(device="cpu")) == "bfloat16"
    manifest.settle(usual, "float32", "0.1.0")
    assert manifest.arithmetic(usual) == "float32"
    assert not [name for name in os.listdir(manifest.folder / FOLDER) if name.startswith(".")]


def test_of_many_that_choose_at_once_one_wins(manifest: Manifest) -> None:
    found: list[str] = []
    start = threading.Barrier(8)

    def choose(name: str) -> None:
        start.wait()
        found.append(manifest.choose(Settings(), name, "0.1.0"))

    threads = [threading.Thread(target=choose, args=(f"arithmetic {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(found) == {manifest.arithmetic(Settings())}


def test_a_file_system_without_links(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(module.os, "link", link)
    assert manifest.choose(Settings(), "bfloat16", "0.1.0") == "bfloat16"
    assert manifest.choose(Settings(), "float32", "0.1.0") == "bfloat16"


def test_a_damaged_choice_is_said(manifest: Manifest) -> None:
    manifest.choose(Settings(), "bfloat16", "0.1.0")
    (path,) = (manifest.folder / FOLDER).iterdir()
    path.write_text("{", encoding="utf-8")
    with pytest.raises(StorageError, match="says how this batch is computed, is damaged") as error:
        manifest.arithmetic(Settings())
    assert "Delete it." in error.value.next_step


def test_a_place_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(StorageError, match="is a file, not a folder"):
        Manifest(tmp_path / "out").make()


@pytest.mark.parametrize(("hours", "stays"), [(2, False), (0, True)])
def test_what_a_killed_program_left_is_cleared(manifest: Manifest, hours: int, stays: bool) -> None:
    """A file that is new may be another program's, which is writing at this moment."""
    left = [atomic.temporary_name(place) for place in (manifest.folder, manifest.folder / FOLDER)]
    for path in left:
        path.touch()
        os.utime(path, (time.time() - 3600 * hours,) * 2)
    manifest.make()
    assert [path.exists() for path in left] == [stays, stays]


def test_a_file_that_has_not_changed_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"one")
    first = Sources().of(path)
    again = Sources([first])
    path.write_bytes(b"two")
    os.utime(path, ns=(first.modified, first.modified))
    assert again.of(path) == first  # it looks unchanged
    os.utime(path, ns=(first.modified, first.modified + 1))
    assert again.of(path).sha256 != first.sha256
    assert Sources().of(tmp_path / "none.png").sha256 == ""


def test_the_fingerprint_has_all_but_the_place() -> None:
    one = Source("/a.png", "aa", 1, 1)
    elsewhere = Source("/b.png", "aa", 2, 2)
    other = Source("/a.png", "bb", 1, 1)
    usual = (one, one, Settings(), "w", "float32")
    assert fingerprint(*usual) == fingerprint(elsewhere, one, *usual[2:])
    assert fingerprint(*usual) == fingerprint(one, one, Settings(device="cpu"), "w", "float32")
    different = [
        (other, one, Settings(), "w", "float32"),
        (one, other, Settings(), "w", "float32"),
        (one, one, Settings(strength=60), "w", "float32"),
        (one, one, Settings(), "v", "float32"),
        (one, one, Settings(), "w", "bfloat16"),
    ]
    assert len({fingerprint(*each) for each in (usual, *different)}) == 6
