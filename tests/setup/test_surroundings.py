"""Bad surroundings get a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from neural_style.setup.errors import SetupError
from neural_style.setup.surroundings import (
    LONGEST_PATH,
    about_proxies,
    check_home,
    check_length,
    longest_name_in,
    warnings,
)
from neural_style_protocol.paths import Home


def test_a_path_that_windows_cannot_open(tmp_path: Path) -> None:
    folder = Path("/" + "a" * 199)
    check_length(folder, LONGEST_PATH - 201, "win32")
    with pytest.raises(SetupError, match="too long") as caught:
        check_length(folder, LONGEST_PATH - 200, "win32")
    assert str(LONGEST_PATH + 1) in caught.value.sentence
    assert "NEURAL_STYLE_HOME" in caught.value.next_step
    check_length(folder, 1000, "linux")
    with pytest.raises(SetupError, match="too long"):
        check_home(Home(tmp_path / ("a" * 240)), "win32")


def test_the_longest_name_is_measured(tmp_path: Path) -> None:
    assert longest_name_in(tmp_path) == 0
    (tmp_path / "one" / "two").mkdir(parents=True)
    (tmp_path / "one" / "two" / "three.py").touch()
    assert longest_name_in(tmp_path) == len("one/two/three.py")


def test_a_folder_in_onedrive_is_warned_of() -> None:
    user = {"OneDrive": "/u/OneDrive", "OneDriveCommercial": ""}
    folders = [Path("/u/OneDrive/neural-style"), Path("/u/other")]
    (warning,) = warnings(folders, environment=user, programs=[])
    assert str(warning).startswith("/u/OneDrive/neural-style is in OneDrive")
    assert list(warnings(folders, environment={}, programs=[])) == []


@pytest.mark.parametrize("name", ["gimp-3.0.exe", "GIMP", "gimp-console-3.2"])
def test_an_open_gimp_is_told_of(name: str) -> None:
    (warning,) = warnings([], environment={}, programs=["explorer.exe", name])
    assert "start it again" in str(warning)
    assert list(warnings([], environment={}, programs=["python"])) == []


def test_a_proxy_that_is_set_is_not_asked_for() -> None:
    assert "HTTPS_PROXY" in about_proxies({})
    assert "the proxy" in about_proxies({"https_proxy": "http://p:1"})
