"""``neural_style.ranks`` under torchrun, of which a rank is killed at one moment in each try.

The killed rank adds the moment's name to the file that the environment variable ``KILLED`` names.
The last try is left alone.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from neural_style.engine.plan.estimate import Calibration
from neural_style.picture_files import tiff_rows
from neural_style.ranks import checkpoints, command, painter
from neural_style.ranks.checkpoints import Checkpoints
from neural_style.ranks.run import Place

KILLED = "NEURAL_STYLE_TEST_KILLED"


@dataclass(frozen=True)
class Moment:
    """A call at which a rank is killed.

    Attributes:
        called: the moment's name.
        rank: the one that is killed.
        owner, name: what is called.
        is_it: whether it is this call, by its arguments.
        prepares: what the call has done by then, with the same arguments.
    """

    called: str
    rank: int
    owner: Any
    name: str
    is_it: Callable[..., bool] = lambda *arguments, **options: True
    prepares: Callable[..., object] = lambda *arguments, **options: None

    def lie_in_wait(self) -> None:
        """Kill this process when the moment comes."""
        real = getattr(self.owner, self.name)

        def call(*arguments: Any, **options: Any) -> Any:
            if self.is_it(*arguments, **options):
                self.prepares(*arguments, **options)
                with Path(os.environ[KILLED]).open("a", encoding="utf-8") as file:
                    file.write(f"{self.called}\n")
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **options)

        setattr(self.owner, self.name, call)


def at(scale: int, evaluation: int) -> Callable[..., bool]:
    """Whether a checkpoint may be written now, after that evaluation."""

    def is_it(self: Checkpoints, place: Place, *more: Any) -> bool:
        return (place.scale, place.evaluation) == (scale, evaluation)

    return is_it


def half_written(kept: dict[str, Tensor], path: Path) -> None:
    """A file of rows whose second half is missing."""
    save_file(kept, path)
    os.truncate(path, path.stat().st_size // 2)


write_if_due = Checkpoints.write_if_due

MOMENTS = (
    Moment("before the first step", 1, painter, "paint"),
    Moment("in a scale that each computes whole", 0, Checkpoints, "write_if_due", at(0, 2)),
    Moment("while a rank's rows are kept", 1, checkpoints, "save_file", prepares=half_written),
    Moment("when all rows are kept", 0, Checkpoints, "_complete"),
    Moment(
        *("before a checkpoint gets its name", 0, Path, "rename"),
        lambda path, target: path.name == checkpoints.UNFINISHED,
    ),
    Moment("after a checkpoint", 1, Checkpoints, "write_if_due", at(1, 2), write_if_due),
    Moment("between two scales", 0, Checkpoints, "write_if_due", at(2, 1)),
    Moment(
        *("before an older checkpoint is removed", 0, shutil, "rmtree"),
        lambda path, **options: path.name.startswith("step-") and path.is_dir(),
    ),
    Moment("after the last step", 1, Checkpoints, "write_if_due", at(2, 3), write_if_due),
    Moment("while the picture is written", 0, tiff_rows, "_compressed"),
    Moment("when the picture is there", 0, Checkpoints, "remove"),
)


def main() -> None:
    """Run as one rank."""
    number = int(os.environ["TORCHELASTIC_RESTART_COUNT"])
    if number < len(MOMENTS) and int(os.environ["RANK"]) == MOMENTS[number].rank:
        MOMENTS[number].lie_in_wait()
    # Measuring its speed would take most of the time.
    vars(painter)["calibrate"] = lambda vgg, recipe: Calibration(1.0, 1.0)
    command.main()


if __name__ == "__main__":
    main()
