"""Prepare what the tests need, in a cache, and run the test suite."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from install import launcher
from install.console import InstallError, say, step, warn
from install.environment import Environment, Packages, build
from install.install_paths import InstallPaths
from install.package_tool import install
from neural_style_protocol.paths import VARIABLE, Home

CACHE_VARIABLE = "NEURAL_STYLE_TEST_CACHE"

ROOTS: Mapping[str, tuple[str, str]] = {
    "trixie": ("NEURAL_STYLE_GIMP_ROOT", "GIMP 3.0"),
    "forky": ("NEURAL_STYLE_GIMP32_ROOT", "GIMP 3.2"),
    "wine": ("NEURAL_STYLE_WINE_ROOT", "Windows by wine"),
}
"""For each kind of Debian root: the variable with the root's path, and what is tested in it."""

NEEDED_ROOT = "trixie"

SPREAD = ("-n", "3", "--no-loadscope-reorder")
"""For two cores: half of the time, a test waits for GIMP or for a clock. See tests/groups.py."""

COMPUTING = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
"""Processes side by side must not each take every core, nor keep one busy while they wait."""


def run_tests(checkout: Path, arguments: Sequence[str]) -> int:
    """Prepare the tests and run pytest in several processes, with ``arguments``.

    Returns pytest's exit status.

    The user's installation is not changed: the tests' home is a temporary folder.

    Raises:
        InstallError: the environment, or the root with GIMP 3.0, cannot be made.
    """
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    with _roots_being_made(checkout) as builders:
        environment = prepare_environment(checkout, cache)
        step("GIMP and wine for the tests")
        roots = dict(_finished_roots(builders))
    _prepare_wine(checkout, environment, roots)
    step("The tests")
    with tempfile.TemporaryDirectory(prefix="neural-style-home-") as home:
        try:
            return _pytest(checkout, environment, arguments, {**roots, VARIABLE: home})
        finally:
            launcher.stop_daemon(environment, InstallPaths(Home(Path(home)), moved=True))


def cache_folder() -> Path:
    """The folder that keeps the environment and the roots between runs."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).resolve() / "neural-style-tests"


def prepare_environment(checkout: Path, cache: Path) -> Environment:
    """The tests' environment for these dependencies and this Python, with this checkout installed.

    Raises:
        InstallError: a package cannot be installed.
    """
    project = (checkout / "pyproject.toml").read_text(encoding="utf-8")
    requirements = project.partition("\n[tool.")[0]
    recipe = hashlib.sha256(f"{requirements}{sys.version}".encode()).hexdigest()
    environment = Environment(cache / f"environment-{recipe[:12]}")
    step(f"Python environment for the tests, in {environment.folder}")
    if environment.is_finished:
        say("already there; only the project itself is installed again")
        install(environment.python, ["--no-deps", "--force-reinstall", str(checkout)])
    else:
        build(environment, Packages(checkout, extra="test"))
    return environment


@contextmanager
def _roots_being_made(checkout: Path) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Build the roots in the background; builders that still run at the end are stopped."""
    script = str(checkout / "tests" / "gimp" / "make-root.sh")
    builders = {
        suite: subprocess.Popen(
            [script, suite],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for suite in ROOTS
    }
    try:
        yield builders
    finally:
        for builder in builders.values():
            if builder.poll() is None:
                os.killpg(builder.pid, signal.SIGTERM)
                builder.wait()


def _finished_roots(builders: Mapping[str, subprocess.Popen[str]]) -> Iterator[tuple[str, str]]:
    for suite, builder in builders.items():
        variable, contents = ROOTS[suite]
        folder = builder.communicate()[0].strip()
        if builder.returncode == 0:
            say(f"{contents} in {folder}")
            yield variable, folder
        elif suite == NEEDED_ROOT:
            raise InstallError(
                f"No {contents} for the tests: see above.",
                "Without it, the tests that need no GIMP still run: -m pytest -m 'not gimp'.",
            )
        else:
            warn(f"{contents} IS NOT TESTED in this run: its root could not be made, see above")


def _prepare_wine(checkout: Path, environment: Environment, roots: dict[str, str]) -> None:
    """Put Windows's Python into the root with wine; where that fails, leave the root out."""
    variable, contents = ROOTS["wine"]
    if variable not in roots:
        return
    command = [str(environment.python), "-m", "wine.prepare", roots[variable]]
    done = subprocess.run(command, cwd=checkout / "tests", stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        warn(f"{contents} IS NOT TESTED in this run: its Python could not be had, see above")
        del roots[variable]


def _pytest(
    checkout: Path,
    environment: Environment,
    arguments: Sequence[str],
    variables: Mapping[str, str],
) -> int:
    path = f"{environment.folder / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return subprocess.run(
        [environment.python, "-m", "pytest", *SPREAD, *arguments],
        cwd=checkout,
        stdin=subprocess.DEVNULL,
        env={
            **COMPUTING,
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": path,
            **variables,
        },
        check=False,
    ).returncode
