"""What ``neural-style setup`` does: the plug-in into every GIMP 3, the weights, a sample picture.

This is the set-up on every system for those who installed the package itself, with uv or pip.
``./install.sh`` makes an environment of its own, and has its own steps.
"""
