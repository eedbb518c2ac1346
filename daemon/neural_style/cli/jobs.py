"""The commands for jobs: ``neural-style jobs``, ``show``, ``fetch``, ``rerun`` and others."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from neural_style.cli.following import follow
from neural_style.cli.json_output import print_json
from neural_style.cli.options import (
    DAEMON_COMMAND,
    changes_from,
    json_option,
    output_option,
    with_changes,
)
from neural_style.cli.results import save
from neural_style.cli.terminal import Speaker, print_lines, printable
from neural_style.picture_files import limits, targets
from neural_style_protocol.client import Client
from neural_style_protocol.errors import UnknownJobError
from neural_style_protocol.job_list import JobSummary
from neural_style_protocol.launcher import connect_or_start
from neural_style_protocol.paths import Home
from neural_style_protocol.result_size import result_size
from neural_style_protocol.settings import Settings

WIDEST_TABLE = 1000
"""Characters. Wide enough that no line of a table is wrapped."""

job_argument = click.argument("job")


@click.command()
@json_option
def jobs(as_json: bool) -> None:
    """List the daemon's jobs: waiting, running and finished, newest first."""
    with _client() as client:
        found = client.jobs()
    if as_json:
        print_json([dataclasses.asdict(summary) for summary in found])
    elif not found:
        print_lines("There are no jobs.")
    else:
        print_lines(_table(found))


@click.command()
@job_argument
@json_option
def show(job: str, as_json: bool) -> None:
    """Show one JOB and its settings. The first letters of its name are enough."""
    with _client() as client:
        summary = _find(client, job)
    if as_json:
        print_json(dataclasses.asdict(summary))
        return
    for name, value in _details(summary).items():
        print_lines(f"{name + ':':<14}{printable(value)}")


@click.command()
@job_argument
@output_option
@json_option
def fetch(job: str, output: Path, as_json: bool) -> int:
    """Save the picture of JOB. Waits if the job is not finished."""
    targets.check_writable(output)
    speaker = Speaker(as_json=as_json)
    with _client() as client:
        summary = _find(client, job)
        _check_size(output, summary)
        name = summary.job
        client.watch(name)
        finished = follow(client, name, speaker)
        daemon = {"pid": client.daemon.pid}
    status = save(finished, output, daemon, speaker)
    return status if finished is None else 0


@click.command()
@job_argument
@output_option
@json_option
@with_changes
def rerun(job: str, output: Path, as_json: bool, **options: Any) -> int:
    """Paint the picture of JOB again. Settings that are given here replace those of JOB."""
    changes = changes_from(options)
    targets.check_writable(output)
    speaker = Speaker(as_json=as_json)
    with _client() as client:
        summary = _find(client, job)
        _check_size(output, summary, changes)
        name = client.rerun(summary.job, changes)
        finished = follow(client, name, speaker)
        daemon = {"pid": client.daemon.pid}
    return save(finished, output, daemon, speaker)


@click.command()
@job_argument
@json_option
def rm(job: str, as_json: bool) -> None:
    """Delete JOB and its picture. A job that is not finished is cancelled."""
    with _client() as client:
        summary = _find(client, job)
        if summary.state in ("queued", "running", "uploading"):
            client.cancel(summary.job, keep=False)
            client.status()  # its answer shows that the daemon has read the cancel
        else:
            client.change(summary.job, "remove")
    _print(f"Removed {summary.job}.", summary, as_json=as_json)


@click.command()
@job_argument
@json_option
def pause(job: str, as_json: bool) -> None:
    """Pause JOB until it is resumed. What is painted so far is saved."""
    _change(job, "pause", "Paused", as_json=as_json)


@click.command()
@job_argument
@json_option
def resume(job: str, as_json: bool) -> None:
    """Continue JOB, which was paused or interrupted. ``fetch`` waits for its picture."""
    _change(job, "resume", "Resumed", as_json=as_json)


@click.command()
@job_argument
@json_option
def front(job: str, as_json: bool) -> None:
    """Move JOB, which is waiting, to the front of the queue."""
    _change(job, "front", "First in the queue is now", as_json=as_json)


def _check_size(
    output: Path, summary: JobSummary, changes: Mapping[str, object] = MappingProxyType({})
) -> None:
    """Check before the work that the result is not too large for the output's format."""
    settings = Settings.from_dict({**summary.settings, **changes})
    limits.check_size(output, *result_size(settings, summary.width, summary.height))


def _client() -> Client:
    return connect_or_start(Home.find(), DAEMON_COMMAND, name="neural-style")


def _find(client: Client, given: str) -> JobSummary:
    """The job whose name begins with ``given``.

    Raises:
        UnknownJobError: there is no such job, or more than one.
    """
    found = [summary for summary in client.jobs() if given and summary.job.startswith(given)]
    if len(found) == 1:
        return found[0]
    raise UnknownJobError(
        "There is more than one job whose name begins with {given}."
        if found
        else "There is no job whose name begins with {given}.",
        next_step="See `neural-style jobs`.",
        given=repr(given),
    )


def _change(job: str, action: str, word: str, *, as_json: bool) -> None:
    with _client() as client:
        summary = _find(client, job)
        client.change(summary.job, action)
    _print(f"{word} {summary.job}.", summary, as_json=as_json)


def _print(words: str, summary: JobSummary, *, as_json: bool) -> None:
    if as_json:
        print_json({"job": summary.job})
    else:
        print_lines(words)


def _table(found: list[JobSummary]) -> str:
    table = Table(box=None, pad_edge=False)
    for heading in (
        "Job",
        "State",
        "When",
        "From",
        "Size",
        "Preset",
        "Strength",
        "Steps",
        "Picture",
    ):
        table.add_column(heading, no_wrap=True)
    for summary in found:
        cells = (
            summary.job,
            summary.ending or summary.state,
            _when(summary),
            summary.client,
            f"{summary.width} × {summary.height}",
            summary.settings.get("preset", ""),
            summary.settings.get("strength", ""),
            summary.step or "",
            summary.title,
        )
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console = Console(width=WIDEST_TABLE, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _details(summary: JobSummary) -> dict[str, object]:
    details: dict[str, object] = {
        "Job": summary.job,
        "Picture": summary.title,
        "State": summary.ending or summary.state,
        "When": _when(summary),
        "From": summary.client,
        "Content": f"{summary.width} × {summary.height}",
        "Styles": summary.styles,
        "Steps": summary.step,
        "On disk": f"{summary.byte_count / 1e6:.1f} MB",
    }
    if summary.error:
        details["Error"] = summary.error
    return {**details, **summary.settings}


def _when(summary: JobSummary) -> str:
    return datetime.fromtimestamp(summary.created).strftime("%Y-%m-%d %H:%M")
