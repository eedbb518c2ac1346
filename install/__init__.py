"""The installer, which install.sh starts when it has found a Python. Standard library only."""
