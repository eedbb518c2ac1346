"""Tools for developers, started by install.sh: run the tests, make a release, make a bundle."""
