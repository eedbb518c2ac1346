"""``python -m gpu.stages.child PART STAGE DEVICE PRETEND TINY HOME``: one stage, in its process.

The last line that it prints is its result, as JSON.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path

import torch

from gpu.stages.parts import stage
from gpu.stages.stage import Bench
from pretended_gpu.card import Card
from pretended_gpu.machine import pretended


def main(part: str, name: str, device: str, pretend: str, tiny: str, home: str) -> None:
    with ExitStack() as stack:
        card = None
        if pretend:
            (card,) = stack.enter_context(pretended(Card("mps" if pretend == "mps" else "cuda")))
        wanted = torch.device(device)
        bench = Bench(torch.device(wanted.type, wanted.index or 0), card, bool(tiny), Path(home))
        found = stage(part, name).work(bench)
    print(json.dumps({"values": found.values, "missed": found.missed}))


if __name__ == "__main__":
    main(*sys.argv[1:])
