"""``python benchmarks/keep_rivals.py FOLDER``: keep the figures of the rivals' pictures.

Judges the pictures in FOLDER, which is as quality.py's ``--rivals`` wants it, and writes their
figures into rivals.json, so that later runs need the pictures no more. Figures that are there of
the same rival, pair and side are replaced; all others stay. Our own pictures are not made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / folder) for folder in ("daemon", "shared")]

from benchmark_pictures import BESIDE  # noqa: E402
from judge.comparison import Pair  # noqa: E402
from judge.records import Judged, read_judged, write_judged  # noqa: E402
from judged_pictures import Album  # noqa: E402
from quality import RIVALS, finished, judged  # noqa: E402


def place(one: Judged) -> tuple[str, Pair, int]:
    """What there is one picture of: a rival's, of a pair, at a side."""
    return one.making.by, one.making.pair, one.making.side


def renewed(kept: Iterable[Judged], new: Iterable[Judged]) -> list[Judged]:
    """All of them; of two with one place, the new one."""
    return list({place(one): one for one in (*kept, *new)}.values())


def main() -> None:
    """Judge and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="NAME/PAIR.png, and a JSON file beside each")
    parser.add_argument("--pictures", type=Path, default=BESIDE, help="folder of given pictures")
    options = parser.parse_args()
    album = Album(options.pictures)
    new = [judged(album, picture, making) for picture, making in finished(options.folder)]
    write_judged(renewed(read_judged(RIVALS), new), RIVALS)
    print(f"{len(new)} pictures judged")


if __name__ == "__main__":
    main()
