"""``tests/gpu/run PART``: the stages of one part, one after the other.

Each stage is a process of its own with a timeout of its own, so that what it breaks stays there.
Its result is a line of JSON, written when it ends. A stage for which there is no time any more is
named as skipped. The exit status is 1 if a bound was missed or a stage has failed.

``tests/gpu/run table FILE…`` makes the tables of docs/gpu.md from such lines.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpu.stages.parts import PART_SECONDS, PARTS, Stage
from gpu.stages.table import tables

ERROR_LINES = 20


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if options.part == "table":
        lines = [line for path in options.files for line in path.read_text().splitlines()]
        print(tables([json.loads(line) for line in lines]))
        return 0
    failed = []
    ends = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        for stage in PARTS[options.part]:
            if options.only and stage.name not in options.only:
                continue
            left = ends - time.monotonic()
            result = _run(stage, options, home, left) if left > 0 else {"skipped": "no time left"}
            line = json.dumps({"part": options.part, "stage": stage.name, **result})
            print(line, flush=True)
            if options.output is not None:
                with options.output.open("a", encoding="utf-8") as output:
                    output.write(f"{line}\n")
            if result.get("failed") or result.get("missed"):
                failed.append(stage.name)
    if failed:
        print(f"Not as it should be: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(stage: Stage, options: argparse.Namespace, home: Path, left: float) -> dict[str, Any]:
    """The result of a stage: its values, or how it has failed."""
    command = [sys.executable, "-m", "gpu.stages.child", options.part, stage.name]
    command += [options.device, options.pretend, "tiny" if options.tiny else "", str(home)]
    limit = min(left, stage.seconds * options.patience)
    began = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"it took longer than {limit:.0f} s"}
    seconds = round(time.monotonic() - began, 1)
    if done.returncode != 0:
        said = "\n".join(done.stderr.splitlines()[-ERROR_LINES:])
        return {"failed": f"status {done.returncode}", "said": said, "seconds": seconds}
    return {**json.loads(done.stdout.splitlines()[-1]), "seconds": seconds}


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/gpu/run", description=__doc__)
    parser.add_argument("part", choices=[*PARTS, "table"])
    parser.add_argument("files", nargs="*", type=Path, help="for the tables")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1 or mps")
    parser.add_argument("--output", type=Path, help="a file to add the lines to")
    parser.add_argument("--home", type=Path, help="the folder of the weights, if not a new one")
    parser.add_argument("--only", action="append", help="a stage; others are left out")
    parser.add_argument("--seconds", type=float, default=PART_SECONDS, help="for the whole part")
    parser.add_argument("--patience", type=float, default=1.0, help="multiplies all timeouts")
    parser.add_argument("--tiny", action="store_true", help="test the stages themselves")
    parser.add_argument(
        "--pretend", choices=["", "cuda", "mps"], default="", help="pretend such a card"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
