"""``neural-style setup`` as it is typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from neural_style_protocol.paths import Home
from service.standin_daemon import StandinDaemon, run_command


def setup(home: Home, *options: str) -> subprocess.CompletedProcess[str]:
    return run_command([sys.executable, "-m", "neural_style", "setup", *options], home)


def test_a_removal_stops_the_daemon_and_leaves_nothing(tmp_path: Path) -> None:
    daemon = StandinDaemon(Home(tmp_path / "home"))
    try:
        daemon.home.root.mkdir()
        daemon.start()
        done = setup(daemon.home, "--uninstall")
        assert (done.returncode, done.stderr) == (0, "")
        assert "uv tool uninstall" in done.stdout
        assert not daemon.home.run.exists()
    finally:
        daemon.end()


def test_the_home_of_install_sh_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "installed.json").touch()
    done = setup(Home(tmp_path), "--uninstall")
    assert done.returncode == 1
    assert "already" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["installed.json"]
