"""Save a painted picture, and report it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neural_style.cli.json_output import print_json
from neural_style.cli.options import INTERRUPTED
from neural_style.cli.terminal import Speaker
from neural_style.picture_files import saving
from neural_style.picture_files.loaded import NOTHING_KEPT, KeptMetadata
from neural_style_protocol import events
from neural_style_protocol.errors import StorageError


def save(
    finished: events.Finished | None,
    output: Path,
    daemon: dict[str, Any],
    speaker: Speaker,
    kept: KeptMetadata = NOTHING_KEPT,
) -> int:
    """Write the picture of a command's only job, report it, and return the exit status.

    Args:
        finished: None if the job was discarded.
        daemon: what ``--json`` says of the daemon.
        kept: the properties of the photo's file that the picture keeps.

    Raises:
        StorageError: the file cannot be written; the daemon still has the picture.
    """
    if finished is None:
        speaker.say("Nothing was saved.")
        values: dict[str, Any] = {"output": None, "ending": "discarded"}
    else:
        values = {**save_picture(finished, output, speaker, kept), "daemon": daemon}
    if speaker.as_json:
        print_json({**values, "notes": speaker.notes})
    return INTERRUPTED if values["ending"] in ("stopped", "discarded") else 0


def save_picture(
    finished: events.Finished, output: Path, speaker: Speaker, kept: KeptMetadata = NOTHING_KEPT
) -> dict[str, Any]:
    """Write the picture and report it; returns the values for JSON.

    Raises:
        StorageError: the file cannot be written; the daemon still has the picture.
    """
    picture = finished.picture
    try:
        notes = saving.save(picture, output, kept)
    except StorageError as error:
        raise StorageError(
            "{problem}",
            next_step="The picture is kept: `neural-style fetch {job} -o OUTPUT`.",
            problem=error.what,
            job=finished.job,
        ) from error
    for note in notes:
        speaker.note(note)
    how = "Stopped" if finished.ending == "stopped" else "Done"
    speaker.say(
        f"{how} after {finished.steps} steps and {finished.elapsed:.1f} seconds: "
        f"{output} ({picture.width} × {picture.height})."
    )
    return {
        "job": finished.job,
        "output": str(output),
        "width": picture.width,
        "height": picture.height,
        "ending": finished.ending,
        "steps": finished.steps,
        "seconds": round(finished.elapsed, 3),
        "losses": finished.losses.by_name,
    }
