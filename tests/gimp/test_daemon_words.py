"""The dialog's text for each state of the daemon."""

from __future__ import annotations

import pytest

from gimp import gimp_profile
from gimp.batch import BatchGimp
from service.standin_daemon import COMMAND, StandinDaemon
from service.standin_worker import Script

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

IMPORTS = """
    sys.path[:0] = [{plugin!r}, {plugin!r} + "/vendor"]
    from pathlib import Path
    from types import SimpleNamespace
    from daemon_link import DaemonLink, waiting_text
    from installation import Installation
    from neural_style_protocol.events import Queued, Started
    from neural_style_protocol.launcher import connect
    from neural_style_protocol.paths import Home
    from neural_style_protocol.pixels import Picture
    from neural_style_protocol.settings import Settings
    from sentences import error_text

    def submit(client):
        picture = Picture.of(20, 16, 3, bytes(960))
        return client.submit(picture, [(picture, 1.0)], Settings())

    loop = GLib.MainLoop()
    GLib.timeout_add_seconds(60, loop.quit)
"""


def test_each_state_has_a_text(gimp: BatchGimp) -> None:
    """Loading the model does not count as another job, and neither does the own last preview."""
    run = gimp.python(
        IMPORTS.format(plugin=str(gimp.profile.plugin))
        + """
    def said(state, position, running="", own=()):
        jobs = [SimpleNamespace(job="waiting", state="queued")]
        jobs += [SimpleNamespace(job=running, state="running")] if running else []
        client = SimpleNamespace(status=lambda: SimpleNamespace(state=state, jobs=jobs))
        return waiting_text(client, position, own)

    report(
        said=[
            said("loading", 0), said("resting", 0), said("ready", 0), said("busy", 0),
            said("busy", 1, "another"), said("busy", 3, "another"), said("loading", 1),
            said("busy", 1, "mine", ["mine"]), said("busy", 2, "mine", ["mine"]),
        ]
    )
    """
    )
    assert run.report.get("said") == [
        *("Loading the model…", "Loading the model…", "Starting…", "Starting…"),
        *("Busy: 1 before you", "Busy: 3 before you", "Busy: 1 before you"),
        *("Starting…", "Busy: 1 before you"),
    ], run.output


def test_a_daemon_is_started_loads_and_is_busy(gimp: BatchGimp, standin: StandinDaemon) -> None:
    """In the order of a real service, as the dialog gets it from a link."""
    Script(load_seconds=2.0, steps=2000, seconds_per_step=0.05).write(standin.home.root)
    command = tuple(gimp_profile.outside(*COMMAND))
    run = gimp.python(
        IMPORTS.format(plugin=str(gimp.profile.plugin))
        + f"""
    home, told, clients = Home(Path({str(standin.home.root)!r})), [], []

    def hear(event):
        if isinstance(event, Queued):
            told.append(waiting_text(link.client, event.position))
            if event.position == 2:
                told.append(waiting_text(link.client, event.position, jobs))
                loop.quit()
        if isinstance(event, Started):
            told.append("Started")
            clients.append(connect(home, name="another"))
            submit(clients[0])
            while not any(isinstance(e, Queued) for e in clients[0].wait(1.0)):
                pass
            jobs.append(submit(link.client))

    jobs = []
    link = DaemonLink(
        Installation(home, {command!r}),
        on_state=told.append, on_client=lambda client: jobs.append(submit(client)),
        on_event=hear, on_error=lambda error: told.append(str(error)) or loop.quit(),
    )
    loop.run()
    for client in (link.client, *clients):
        client.close()
    report(told=told)
    """
    )
    standin.client().close()  # so that it is stopped with the test
    assert run.report.get("told") == [
        *("Starting the daemon…", "Loading the model…", "Started"),
        *("Busy: 2 before you", "Busy: 1 before you"),
    ], run.output


def test_a_missing_daemon_is_reported_as_not_installed(gimp: BatchGimp) -> None:
    run = gimp.python(
        IMPORTS.format(plugin=str(gimp.profile.plugin))
        + f"""
    home, told = Home(Path({str(gimp.folder / "empty")!r})), []
    home.root.mkdir()
    link = DaemonLink(
        Installation(home, ("/nowhere/neural-style",)),
        on_state=lambda text: None, on_client=lambda client: loop.quit(),
        on_event=lambda event: None,
        on_error=lambda error: told.append(error_text(error)) or loop.quit(),
    )
    loop.run()
    report(told=told)
    """
    )
    assert run.report.get("told") == [
        "Not installed: /nowhere/neural-style is missing. Run ./install.sh in the folder of "
        "Neural Style, then try again."
    ], run.output


def test_a_failed_call_tells_shell_commands_to_scripts_alone(gimp: BatchGimp) -> None:
    run = gimp.python(
        IMPORTS.format(plugin=str(gimp.profile.plugin))
        + """
    from neural_style_protocol.errors import DaemonUnreachable
    from sentences import failure_text
    error = DaemonUnreachable(
        "The daemon does not answer.", next_step="Run `neural-style restart`, then try again.")
    report(told=[failure_text(error, in_window=it) for it in (True, False)])
    """
    )
    assert run.report.get("told") == [
        "The daemon does not answer. Try again; if that does not help, Help says what to do.",
        "The daemon does not answer. Run `neural-style restart`, then try again.",
    ], run.output
