"""``neural-style remote``: another machine's daemon by name."""

from __future__ import annotations

from pathlib import Path

from cli.conftest import Run
from service.standin_daemon import StandinDaemon


def test_a_remote_daemon_is_added_used_and_forgotten(
    run: Run, home_daemon: StandinDaemon, content: Path, style: Path, tmp_path: Path
) -> None:
    """This machine, under another name, takes the part of the other machine."""
    file = tmp_path / "copied.json"
    file.write_bytes(home_daemon.home.connection_file.read_bytes())
    added = run("remote", "add", "studio", file)
    assert added.status == 0
    assert "studio at tcp://127.0.0.1" in added.out
    assert run("remote", "list", "--json").json == {
        "names": ["local", "studio"],
        "chosen": "studio",
    }
    assert "* studio" in run("remote", "list").out
    done = run("stylize", content, style, "-o", tmp_path / "out.png", "--json")
    assert done.json["daemon"]["started"] is False
    assert run("remote", "use", "local").status == 0
    assert run("remote", "list", "--json").json["chosen"] == "local"
    assert run("remote", "remove", "studio").status == 0
    assert run("remote", "list", "--json").json["names"] == ["local"]


def test_a_remote_daemon_estimates_for_its_own_machine(
    run: Run, home_daemon: StandinDaemon, content: Path
) -> None:
    run("remote", "add", "studio", home_daemon.home.connection_file)
    try:
        answer = run("estimate", content, "--json").json
        assert (answer["width"], answer["height"], answer["device"]) == (12, 8, "stand-in")
        assert answer["seconds"] == 12.0
        words = run("estimate", content).out
        assert "computed whole on stand-in" in words
        assert "At most 12 seconds for 2 evaluations." in words
        refused = run("estimate", content, "--recalibrate")
        assert (refused.status, "over there" in refused.err) == (2, True)
    finally:
        run("remote", "remove", "studio")


def test_a_daemon_that_cannot_be_added_or_used_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.json").write_text("hello", encoding="utf-8")
    unreadable = run("remote", "add", "studio", tmp_path / "text.json")
    assert (unreadable.status, "cannot be read" in unreadable.err) == (4, True)
    assert "run/remote-connection.json of the other machine" in unreadable.err
    missing = run("remote", "use", "nowhere")
    assert (missing.status, "no remote daemon called" in missing.err) == (2, True)
    bad_name = run("remote", "add", "../x", tmp_path / "text.json")
    assert (bad_name.status, "cannot be called" in bad_name.err) == (2, True)


def test_an_unreachable_remote_daemon_is_reported_and_no_local_one_started(
    run: Run, home_daemon: StandinDaemon, content: Path, style: Path, tmp_path: Path
) -> None:
    text = home_daemon.home.connection_file.read_text(encoding="utf-8")
    port = str(home_daemon.connection().endpoint.rsplit(":", 1)[1])
    (tmp_path / "gone.json").write_text(text.replace(port, "1"), encoding="utf-8")
    run("remote", "add", "gone", tmp_path / "gone.json")
    try:
        done = run("stylize", content, style, "-o", tmp_path / "out.png")
        assert done.status == 4
        assert "remote daemon 'gone' does not answer" in done.err
        assert "remote use local" in done.err
    finally:
        run("remote", "remove", "gone")


def test_an_address_that_cannot_be_listened_on(run: Run) -> None:
    done = run("serve", "--listen", "here")
    assert (done.status, "no address to listen on" in done.err) == (2, True)
