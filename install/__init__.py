"""What install.sh does once it has found a Python. Standard library only."""
