"""``python benchmarks/coherence.py FOLDER``: do the frames of a video stay together?

Two films of 128 × 192 pixels are drawn (benchmarks/films.py). The true motion of the first is
known; the second is scored by the optical flow that DIS finds. ``--clip FILE`` takes a real clip
instead, at a height of 128 pixels: the first 50 frames of its first shot that is so long. It is
scored by DIS too.

Each film is painted as a video. A few frames in its middle, and its last one, are painted alone.

Prints as JSON: the *warping error* between a frame and the one before it, moved along, at the
places that both show (root mean square, levels of 255); the style loss; the evaluations a frame;
and the brightness of each frame. ``of_the_same_frames`` is the video at the frames that were also
painted alone, and the ratios are of these. FOLDER gets sheets of frames.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("daemon", "shared", "tests")]

from benchmark_pictures import gallery  # noqa: E402
from films import (  # noqa: E402
    THING,
    Film,
    Shot,
    approach,
    circle,
    clip,
    found_motion,
    tensor,
    true_motion,
)

from neural_style import weights  # noqa: E402
from neural_style.engine import StyleImage, Stylizer, Task  # noqa: E402
from neural_style.jobstore.job_folder import JobFolder  # noqa: E402
from neural_style.jobstore.worker_messages import Run  # noqa: E402
from neural_style.video.flow import Plane, moved  # noqa: E402
from neural_style.worker import frames  # noqa: E402
from neural_style_protocol.client_messages import DEFAULT_COHERENCE  # noqa: E402
from neural_style_protocol.settings import Settings  # noqa: E402

BEFORE = 4


@dataclass(frozen=True)
class Painted:
    """A frame as it was painted: ``picture`` (h, w, 3) in [0, 1]."""

    picture: Plane
    style_loss: float
    evaluations: int

    @property
    def brightness(self) -> float:
        """The mean, in levels of 255."""
        return 255 * float(self.picture.mean())


@dataclass(frozen=True)
class Measured:
    """What was measured of some frames in a row, painted in one manner."""

    warping_error: float
    style_loss: float
    evaluations: float


class Painter:
    """Paints films with one style."""

    def __init__(self, stylizer: Stylizer, style: torch.Tensor, preset: str) -> None:
        self._stylizer = stylizer
        self._style = StyleImage(style)
        self._settings = Settings(preset=preset)

    def painted(self, shots: Sequence[Shot], coherence: float | None) -> list[Painted]:
        """The frames as a video; None paints each alone."""
        made: list[Painted] = []
        with tempfile.TemporaryDirectory() as name:
            folders: list[JobFolder] = []
            for number, shot in enumerate(shots):
                task = Task(tensor(shot.content), (self._style,), self._settings)
                if coherence is not None:
                    task = frames.as_frame(task, _run(folders, coherence), _refuse)
                outcome = self._stylizer.stylize(task, lambda progress, render: True)
                if outcome.frame is not None:
                    folder = Path(name) / str(number)
                    folder.mkdir()
                    folders.append(JobFolder(folder))
                    begins = task.previous is None
                    frames.store(folders[-1], outcome.frame, task.content, begins=begins)
                picture = outcome.image.permute(1, 2, 0).contiguous().numpy()
                made.append(Painted(picture, outcome.losses.terms["style"], outcome.steps))
                print(f"{number + 1} of {len(shots)}", file=sys.stderr, end="\r")
        return made


def _run(folders: Sequence[JobFolder], coherence: float) -> Run:
    before = tuple(str(folder.path) for folder in folders[: -BEFORE - 1 : -1])
    return Run("", "", {}, (), 0, "", True, bool(folders), before, coherence)


def _refuse(phrase: object) -> None:
    raise ValueError(str(phrase))  # these films have no cuts


def warping_error(film: Film, pictures: Sequence[Plane], first: int = 0) -> float:
    """Root mean square, levels of 255, of pictures in a row from the frame ``first``."""
    squares = []
    for number in range(1, len(pictures)):
        here = first + number
        back, known = film.motion(film.shots[here], film.shots[here - 1])
        expected = moved(pictures[number - 1], np.ascontiguousarray(back))
        squares.append(float(np.square((pictures[number] - expected)[known]).mean()))
    return 255 * math.sqrt(sum(squares) / len(squares))


def measured(film: Film, painted: Sequence[Painted], first: int = 0) -> Measured:
    """Of frames in a row from the frame ``first``; the evaluations without the frame 0."""
    later = [each.evaluations for each in painted[0 if first else 1 :]]
    return Measured(
        round(warping_error(film, [each.picture for each in painted], first), 2),
        round(sum(each.style_loss for each in painted) / len(painted), 4),
        round(sum(later) / len(later), 1),
    )


def sheet(rows: Sequence[Sequence[Plane]], path: Path) -> None:
    """Draw rows of frames."""
    lines = [np.concatenate([each.clip(0, 1) for each in row], 1) for row in rows]
    Image.fromarray((np.concatenate(lines) * 255).round().astype(np.uint8)).save(path)


def opened(path: Path, size: tuple[int, int]) -> Plane:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize(size), np.float32) / 255


def main() -> None:
    """Paint, measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=50)
    parser.add_argument("--alone", type=int, default=6, help="frames in a row painted alone")
    parser.add_argument("--coherence", type=float, default=DEFAULT_COHERENCE)
    parser.add_argument("--preset", default="standard")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--film", choices=("circle", "approach"))
    which.add_argument("--clip", type=Path, help="a real clip instead of the drawn films")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        chosen = gallery(Path(name))
        stylizer = Stylizer(weights.ensure(Path(name)), device="cpu")
        style = tensor(opened(chosen.path(chosen.styles[1]), (224, 176)))
        painter = Painter(stylizer, style, asked.preset)
        report: dict[str, Any] = {"pictures": chosen.called, "coherence": asked.coherence}
        if asked.clip is not None:
            films = [Film(asked.clip.stem, clip(asked.clip, asked.frames), found_motion)]
        else:
            photo = opened(chosen.path(chosen.contents[0]), (260, 180))
            thing = opened(chosen.path(chosen.contents[1]), (THING, THING))
            films = [
                Film("circle", circle(photo, thing, asked.frames), true_motion),
                Film("approach", approach(photo, min(20, asked.frames)), found_motion),
            ]
        for film in films:
            if asked.film in (None, film.title):
                report[film.title] = _of_film(painter, film, asked)
    print(json.dumps(report))


def _of_film(painter: Painter, film: Film, asked: argparse.Namespace) -> dict[str, Any]:
    own = [shot.content for shot in film.shots]
    video = painter.painted(film.shots, asked.coherence)
    middle = len(own) // 2
    few = slice(middle, middle + asked.alone)
    *alone, last = painter.painted([*film.shots[few], film.shots[-1]], None)
    found, single = measured(film, video[few], middle), measured(film, alone, middle)
    pictures, singles = ([each.picture for each in made] for made in (video, alone))
    ends = [0, len(own) // 3, 2 * len(own) // 3, len(own) - 1]
    title = asked.folder / film.title
    sheet([own[few], pictures[few], singles], Path(f"{title}.png"))
    sheet([[row[n] for n in ends] for row in (own, pictures)], Path(f"{title}-ends.png"))
    return {
        "frames": len(own),
        "video": asdict(measured(film, video)),
        "of_the_same_frames": asdict(found),
        "alone": asdict(single),
        "last_alone": {"style_loss": last.style_loss, "brightness": last.brightness},
        "warping_error_of_the_film": round(warping_error(film, own), 2),
        "warping_error_ratio": round(found.warping_error / single.warping_error, 3),
        "style_loss_ratio": round(found.style_loss / single.style_loss, 3),
        "style_loss_ratio_of_the_last": round(video[-1].style_loss / last.style_loss, 3),
        "brightness": [round(each.brightness, 1) for each in video],
        "brightness_of_the_film": [round(255 * float(each.mean()), 1) for each in own],
        "brightness_drift": round(video[-1].brightness - last.brightness, 1),
    }


if __name__ == "__main__":
    main()
