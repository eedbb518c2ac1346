"""Fixtures for tests in a real GIMP. Each test runs on every GIMP whose root has been made."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import pictures
from gimp import gimp_profile
from gimp.batch import BatchGimp
from gimp.desktop import Desktop
from gimp.gimp_profile import Profile
from gimp.gimp_root import SUITES, GimpRoot, find
from neural_style.weights import store
from neural_style_protocol.errors import DaemonUnreachable
from neural_style_protocol.launcher import connect
from neural_style_protocol.paths import Home
from service.standin_daemon import COMMAND, StandinDaemon

HOW_TO = "Run ./install.sh --test, which makes its root."


@pytest.fixture(scope="session", params=list(SUITES))
def root(request: pytest.FixtureRequest, images: Path) -> GimpRoot:
    """The GIMP under test. Continuous integration needs 3.0; 3.2 may be missing."""
    found = find(request.param)
    if found is None or os.geteuid() != 0:
        words = f"GIMP {request.param} is not here. {HOW_TO}"
        if found is not None:
            words = "GIMP runs in a chroot here, which needs the superuser."
        if request.param == "3.0" and os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    return replace(found, seen=(images,))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home folder with weights. Its daemon, started by the plug-in, is stopped at the end."""
    made = Home(tmp_path_factory.mktemp("home"))
    store.fetch(made.weights)
    yield made
    with contextlib.suppress(DaemonUnreachable), connect(made, name="tests") as client:
        client.shut_down()
        client.wait(5.0)


@pytest.fixture(scope="session")
def vendor(root: GimpRoot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vendored packages for this GIMP's Python."""
    return gimp_profile.fill_vendor(
        tmp_path_factory.mktemp("vendor") / root.series, root.python_version()
    )


@pytest.fixture(scope="session")
def profile(
    root: GimpRoot, vendor: Path, home: Home, tmp_path_factory: pytest.TempPathFactory
) -> Profile:
    """A profile that GIMP has been started with once, which takes some seconds."""
    folder = tmp_path_factory.mktemp("profile") / root.series
    made = gimp_profile.make(folder, root, vendor, home.root)
    scratch = tmp_path_factory.mktemp("first-start")
    first = BatchGimp(root, made, scratch, home.root).python("report(started=True)")
    assert first.report == {"started": True}, first.output
    return made


@pytest.fixture
def gimp(root: GimpRoot, profile: Profile, home: Home, tmp_path: Path) -> BatchGimp:
    """A GIMP without a display; scripts and pictures are in the test's temporary folder."""
    return BatchGimp(root, profile, tmp_path, home.root)


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandinDaemon]:
    """A daemon whose worker only inverts colours, for tests of windows, not of pictures."""
    folder = tmp_path / "standin-home"
    folder.mkdir()
    made = StandinDaemon(Home(folder))
    yield made
    made.end()


@pytest.fixture
def quick_desktop(gimp: BatchGimp, standin: StandinDaemon, tmp_path: Path) -> Iterator[Desktop]:
    """An empty display; its GIMP uses the stand-in daemon."""
    profile = gimp.profile.copy(tmp_path / "profile")
    profile.use(standin.home.root, gimp_profile.outside(*COMMAND))
    made = Desktop(gimp.root, profile, tmp_path, standin.home.root)
    yield made
    made.keep_screenshot("last")
    made.close()


@pytest.fixture
def quick_gimp(
    gimp: BatchGimp, quick_desktop: Desktop, standin: StandinDaemon, tmp_path: Path
) -> BatchGimp:
    """A GIMP for scripts that uses the stand-in daemon."""
    return BatchGimp(gimp.root, Profile(quick_desktop.home), tmp_path, standin.home.root)


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a photograph to paint, china.jpg, and styles: flower.jpg and strokes.png."""
    folder = tmp_path_factory.mktemp("images")
    for name in ("china", "flower", "strokes"):
        pictures.write(name, folder)
    return folder


@pytest.fixture
def photo(tmp_path: Path, images: Path) -> Path:
    """A real photograph of 160 × 107 pixels, 8 bits, without a profile."""
    path = tmp_path / "photo.png"
    with Image.open(images / "china.jpg") as original:
        small = original.convert("RGB").resize((160, 107), Image.Resampling.LANCZOS)
    small.save(path)
    return path


@pytest.fixture
def larger_photo(tmp_path: Path, images: Path) -> Path:
    """A real photograph of 600 × 400 pixels, which takes long enough to observe the run."""
    path = tmp_path / "palace.png"
    with Image.open(images / "china.jpg") as original:
        original.convert("RGB").resize((600, 400), Image.Resampling.LANCZOS).save(path)
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report a GIMP that was not tested."""
    for series in SUITES:
        if find(series) is None:
            terminalreporter.write_line(f"GIMP {series} was NOT tested: it is not here. {HOW_TO}")
