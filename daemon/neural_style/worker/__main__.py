"""``python -m neural_style.worker ENDPOINT HOME SERVICE``: started by the service alone.

``SERVICE`` is the number of its process.
"""

from __future__ import annotations

import sys
from pathlib import Path

from neural_style.worker.allocator import keep_freed_memory
from neural_style.worker.parent import end_with
from neural_style.worker.process import RunsJobs, Send, work
from neural_style_protocol.paths import Home


def _load_engine(home: Home, send: Send) -> RunsJobs:
    from neural_style.worker.runner import Runner  # torch takes seconds to import

    return Runner(home, send)


if __name__ == "__main__":
    keep_freed_memory()
    end_with(int(sys.argv[3]))
    work(sys.argv[1], Home(Path(sys.argv[2])), _load_engine)
