"""A GIMP whose Python cannot load ZeroMQ, and one where the bridge cannot be started."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from gimp import gimp_profile
from gimp.batch import BatchGimp
from gimp.desktop import Desktop, differs, wait_for
from gimp.gimp_profile import Profile
from service.standin_daemon import COMMAND, StandinDaemon
from service.standin_worker import Script

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

PAINTING, PAINTED = "^Painting –", "^Painted –"

PAINT = """
    sys.path.insert(0, {vendor!r})
    try:
        import zmq
        has_zeromq = True
    except ImportError:
        has_zeromq = False
    image = load({photo!r})
    before = pixels(image.get_layers()[0], "R'G'B' u8")
    status, layer = call(image, style={style!r})
    report(
        status=status,
        has_zeromq=has_zeromq,
        inverted=status == "success"
            and pixels(layer, "R'G'B' u8") == bytes(255 - sample for sample in before),
        words=str(layer),
    )
"""


def pure(profile: Profile, standin: StandinDaemon) -> Profile:
    """A profile as on a system for which nothing is compiled."""
    vendor = profile.plugin / "vendor"
    for path in [*vendor.rglob("*.so")]:
        path.unlink()
    (vendor / "zmq" / "__init__.py").write_text("raise ImportError('There is no ZeroMQ here.')\n")
    profile.use(standin.home.root, gimp_profile.outside(*COMMAND))
    return profile


def paint(gimp: BatchGimp, profile: Profile, home: Path, photo: Path, style: Path) -> object:
    """What a script reports that paints ``photo`` with that profile."""
    vendor = str(profile.plugin / "vendor")
    script = PAINT.format(vendor=vendor, photo=str(photo), style=str(style))
    run = BatchGimp(gimp.root, profile, gimp.folder, home).python(script)
    words = run.report.pop("words", run.output)
    return run.report if run.report.get("status") == "success" else words


def bridges(home: Path) -> set[psutil.Process]:
    """The bridges to the daemon of ``home``."""
    return {
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if (process.info["cmdline"] or [])[-1:] == ["bridge"]
        and (process.info["environ"] or {}).get("NEURAL_STYLE_HOME") == str(home)
    }


def test_a_script_paints_without_zeromq(
    gimp: BatchGimp, standin: StandinDaemon, photo: Path, images: Path, tmp_path: Path
) -> None:
    profile = pure(gimp.profile.copy(tmp_path / "profile"), standin)
    told = paint(gimp, profile, standin.home.root, photo, images / "flower.jpg")
    assert told == {"status": "success", "has_zeromq": False, "inverted": True}


def test_the_direct_link_serves_where_no_bridge_can_be_started(
    gimp: BatchGimp, standin: StandinDaemon, photo: Path, images: Path, tmp_path: Path
) -> None:
    standin.start()
    profile = gimp.profile.copy(tmp_path / "profile")
    profile.use(standin.home.root, ["/no/such/program"])
    told = paint(gimp, profile, standin.home.root, photo, images / "flower.jpg")
    assert told == {"status": "success", "has_zeromq": True, "inverted": True}


def test_a_sandbox_has_the_direct_link(
    gimp: BatchGimp, standin: StandinDaemon, tmp_path: Path
) -> None:
    standin.start()
    profile = gimp.profile.copy(tmp_path / "profile")
    profile.use(standin.home.root, gimp_profile.outside(*COMMAND))
    run = BatchGimp(gimp.root, profile, tmp_path, standin.home.root).python(f"""
        sys.path[:0] = [{str(profile.plugin)!r}, {str(profile.plugin / "vendor")!r}]
        from pathlib import Path
        import connecting, installation

        def link():
            with connecting.connect(installation.read()) as client:
                return type(client._channel._link).__name__

        outside = link()
        installation.SANDBOX = Path("/")
        installation.check_packages()
        report(outside=outside, inside=link())
    """)
    assert run.report == {"outside": "PipeLink", "inside": "ZmqLink"}, run.output


def test_a_picture_forms_without_zeromq_and_outlives_its_bridge(
    gimp: BatchGimp, standin: StandinDaemon, larger_photo: Path, images: Path, tmp_path: Path
) -> None:
    profile = pure(gimp.profile.copy(tmp_path / "profile"), standin)
    desktop = Desktop(gimp.root, profile, tmp_path, standin.home.root)
    try:
        main = desktop.start_gimp(larger_photo)
        photo = desktop.canvas()
        Script(endless=True, seconds_per_step=0.05).write(standin.home.root)
        desktop.paint(main, images / "flower.jpg")
        running = desktop.window(PAINTING)
        desktop.move_aside(running)
        wait_for("a preview in the layer", lambda: differs(desktop.canvas(), photo))
        desktop.keep_screenshot("forming-through-the-bridge")

        first = bridges(standin.home.root)
        assert first
        for process in first:
            process.kill()
        wait_for("another bridge", lambda: bool(bridges(standin.home.root) - first))
        desktop.keys(running, "alt+s")
        ended = desktop.window(PAINTED)
        desktop.keep_screenshot("kept-through-another-bridge")
        desktop.keys(ended, "alt+c")
        wait_for("the window to close", lambda: not desktop.has_window(PAINTED))
        assert "2 layers" in desktop.title(main)
        assert differs(desktop.canvas(), photo)
    finally:
        desktop.close()
