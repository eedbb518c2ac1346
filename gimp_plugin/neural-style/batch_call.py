"""One call of the procedure that paints many files: it runs the command, and shows its progress."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gi.repository import Gimp

import arguments
import installation
import waiting_run
from installation import Installation
from neural_style_protocol.background import unseen
from neural_style_protocol.environment import clean_environment
from neural_style_protocol.errors import DaemonError, InputError, error_from_code
from neural_style_protocol.phrases import reason
from neural_style_protocol.settings import SCHEMA
from path_list import chosen_path


def run(config: Gimp.ProcedureConfig) -> list[str]:
    """Paint the pictures that ``config`` names; returns the painted files.

    Raises:
        NeuralStyleError: a picture is not painted; the others are.
        NotInstalled: the installation is incomplete.
    """
    if installation.is_sandboxed():
        raise DaemonError(
            "GIMP cannot start the command from its sandbox.",
            next_step="Run `neural-style batch` in a terminal.",
        )
    output = config.get_property(arguments.OUTPUT)
    if output is None or not output.get_path():
        raise InputError(
            "No folder for the pictures was named.", next_step="Name one, as {name}.", name="output"
        )
    folder = chosen_path(output.get_path())
    with waiting_run.progress_bar():
        answer = _answer(installation.read(), ["batch", f"--output={folder}", *_words(config)])
    painted = ("painted", "there")
    pictures = [each for each in answer["pictures"] if each["outcome"] in painted]
    return [str(folder / each["output"]) for each in pictures]


def _words(config: Gimp.ProcedureConfig) -> Iterator[str]:
    """What is asked of the command, but for the output."""
    settings = arguments.settings_of(config).to_dict()
    yield from ("--json", "--progress")
    if config.get_property(arguments.RETRY):
        yield "--retry"
    for style in config.get_property(arguments.STYLES) or ():
        yield f"--style={style}"
    for each in SCHEMA:
        value = settings[each.name]
        if each.kind == "switch":
            yield f"--{each.option}" if value else f"--no-{each.option}"
        else:
            yield f"--{each.option}={value}"
    yield "--"
    yield from config.get_property(arguments.CONTENTS) or ()


def _answer(installed: Installation, words: list[str]) -> dict[str, Any]:
    """Run the command to its end, with GIMP's progress bar; returns its answer."""
    last: dict[str, Any] = {}
    with _started(installed, words) as process:
        assert process.stdout is not None
        for line in process.stdout:
            last = json.loads(line)
            if "progress" in last:
                Gimp.progress_update(last["progress"])
    error = last.get("error")
    if error:
        raise error_from_code(error["code"], error["sentence"], error["next_step"], {})
    if "pictures" not in last:
        raise DaemonError("The command ended before its time.", next_step="Run it again.")
    return last


def _started(installed: Installation, words: list[str]) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            [*installed.command, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=clean_environment(os.environ, installed.home),
            **unseen(),
        )
    except OSError as error:
        raise DaemonError(
            "The command {command} cannot be started ({reason}).",
            next_step="Run {setup} again.",
            command=Path(installed.command[0]),
            reason=reason(error),
            setup=installation.setup_command(installed.home.root),
        ) from error
