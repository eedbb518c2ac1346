"""The entry point for install.sh: adds the checkout's packages to the path, then starts."""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "shared"), str(CHECKOUT / "daemon")]
    from install.cli import main

    sys.exit(main(CHECKOUT, sys.argv[1:]))
