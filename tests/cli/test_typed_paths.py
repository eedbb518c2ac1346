"""Names as typed: an unsuitable one gives an error that shows it unchanged."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from cli.conftest import Run
from neural_style.cli.typed_paths import Output, output_file, output_path, picture_file
from neural_style_protocol.errors import InputError, NeuralStyleError, StorageError
from neural_style_protocol.paths import VARIABLE
from service.standin_daemon import StandinDaemon


@pytest.mark.parametrize(
    ("typed", "sentence", "next_step"),
    [
        ("https://example.org/a/b.jpg", "https://example.org/a/b.jpg is an address", "Save the"),
        ("smb://nas//x.png", "smb://nas//x.png is an address", "Save the"),
        ("file:///tmp/my%20photo.png", "file:///tmp/my%20photo.png is an", "'/tmp/my photo.png'"),
        ("file:/tmp/a.png", "file:/tmp/a.png is an address", "/tmp/a.png"),
        ("", "name is empty", "Give the name"),
    ],
)
def test_names_that_are_not_file_names(typed: str, sentence: str, next_step: str) -> None:
    for kind in (picture_file, output_path, output_file):
        if not typed or kind is picture_file or "://" in typed or typed.startswith("file:"):
            with pytest.raises(NeuralStyleError) as refused:
                kind(typed)
            assert next_step.split(" ")[0] in refused.value.next_step
            assert refused.value.exit_status == 3
    with pytest.raises(InputError) as refused_picture:
        picture_file(typed)
    assert sentence in refused_picture.value.sentence
    assert next_step in refused_picture.value.next_step


def test_a_file_whose_name_looks_like_an_address_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "https:").mkdir()
    (tmp_path / "https:" / "a.png").touch()
    assert picture_file("https://a.png") == Path("https:/a.png")
    assert output_file("https://b.png") == Path("https:/b.png")


def test_a_tilde_that_the_shell_did_not_expand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", "/nowhere/of mine")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"no file ~/a\.png: the shell") as refused:
        picture_file("~/a.png")
    assert "'/nowhere/of mine/a.png'" in refused.value.next_step
    with pytest.raises(StorageError, match=r"no folder for ~/b\.png: the shell"):
        output_path("~/b.png")
    (tmp_path / "~").mkdir()
    (tmp_path / "~" / "a.png").touch()
    assert picture_file("~/a.png") == Path("~/a.png")
    assert output_path("~/b.png") == Output(Path("~/b.png"), is_folder=False)


def test_folders_are_distinguished_from_files(tmp_path: Path) -> None:
    assert output_path(f"{tmp_path}/new/") == Output(tmp_path / "new", is_folder=True)
    assert output_path(str(tmp_path)) == Output(tmp_path, is_folder=True)
    assert output_path(f"{tmp_path}/new") == Output(tmp_path / "new", is_folder=False)
    with pytest.raises(StorageError, match="is a folder: one picture cannot be written"):
        output_file(str(tmp_path))
    with pytest.raises(InputError, match="is a folder, not a picture") as refused:
        picture_file(f"{tmp_path}/")
    assert f"neural-style stylize {tmp_path}/*.jpg --style STYLE" in refused.value.next_step


def test_a_dash_means_standard_input_unless_that_is_a_keyboard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Keyboard(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert picture_file("-") == Path("/dev/stdin")
    monkeypatch.setattr(sys, "stdin", Keyboard())
    with pytest.raises(InputError, match="keyboard"):
        picture_file("-")
    with pytest.raises(InputError, match="cannot be written to standard output"):
        output_path("-")


def test_a_picture_is_read_from_standard_input(
    home_daemon: StandinDaemon, content: Path, style: Path, tmp_path: Path
) -> None:
    home_daemon.start()
    output = tmp_path / "out.png"
    with content.open("rb") as file:
        subprocess.run(
            [sys.executable, "-m", "neural_style", "stylize", "-", style, "-o", output],
            env={**os.environ, VARIABLE: str(home_daemon.home.root)},
            stdin=file,
            check=True,
            capture_output=True,
        )
    with Image.open(output) as made:
        assert made.size == (12, 8)


@pytest.mark.parametrize("command", ["stylize", "gallery"])
def test_the_address_is_printed_as_typed(
    run: Run, style: Path, tmp_path: Path, command: str
) -> None:
    done = run(command, "https://example.org/a.jpg", style, "-o", tmp_path / "out.png")
    assert done.status == 3
    assert done.err.startswith("Error: https://example.org/a.jpg is an address")


def test_a_deleted_working_folder_is_reported_before_the_work(
    run: Run, content: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    shutil.rmtree(gone)
    done = run("stylize", content, style, "-o", "out.png")
    assert (done.status, "has been deleted" in done.err) == (7, True)
    elsewhere = run("stylize", content, style, "-o", tmp_path / "out.png")
    assert elsewhere.status == 0, elsewhere.err
