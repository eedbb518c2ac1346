"""Started by install.sh with a bare Python: finds the checkout's own packages, then begins."""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "shared"), str(CHECKOUT / "daemon")]
    from install.cli import main

    sys.exit(main(CHECKOUT, sys.argv[1:]))
