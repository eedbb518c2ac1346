"""``python -m neural_style.worker ENDPOINT HOME``: started by the service, never by hand."""

from __future__ import annotations

import sys
from pathlib import Path

from neural_style.worker.process import work
from neural_style_protocol.paths import Home

if __name__ == "__main__":
    work(sys.argv[1], Home(Path(sys.argv[2])))
