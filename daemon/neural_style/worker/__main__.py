"""``python -m neural_style.worker ENDPOINT HOME SERVICE [WORKERS ON_CARD]``: the service starts it.

``SERVICE`` is the number of the service's process. So many workers compute on this machine, and so
many on this one's graphics card; 0 if that is not known.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from neural_style.worker.allocator import keep_freed_memory
from neural_style.worker.parent import end_with_parent
from neural_style.worker.process import JobRunner, Send, work
from neural_style_protocol.paths import Home


def _load_engine(home: Home, send: Send) -> JobRunner:
    from neural_style.worker.runner import Runner  # torch takes seconds to import

    return Runner(home, send, *map(int, sys.argv[4:6]))


if __name__ == "__main__":
    # On AMD's cards, else, the library tries all its ways for each new size of a picture.
    os.environ.setdefault("MIOPEN_FIND_MODE", "FAST")
    keep_freed_memory()
    end_with_parent(int(sys.argv[3]))
    work(sys.argv[1], Home(Path(sys.argv[2])), _load_engine)
