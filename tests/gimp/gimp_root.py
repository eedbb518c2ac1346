"""Run programs in a Debian root with a real GIMP (made by make-root.sh)."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
OUTSIDE = "/outside"
STAMP = ".neural-style-root"

SUITES = {"3.0": "trixie", "3.2": "forky"}
VARIABLES = {"3.0": "NEURAL_STYLE_GIMP_ROOT", "3.2": "NEURAL_STYLE_GIMP32_ROOT"}


@dataclass(frozen=True)
class GimpRoot:
    """A root that holds GIMP ``series`` (``3.0`` or ``3.2``).

    Attributes:
        seen: folders outside that every program inside sees, at the same paths.
    """

    series: str
    path: Path
    seen: tuple[Path, ...] = ()

    def start(
        self,
        argv: Sequence[str],
        *,
        folders: Sequence[Path],
        environment: Mapping[str, str],
        log: Path,
    ) -> subprocess.Popen[bytes]:
        """Start ``argv`` inside, with ``folders`` at the same paths and its output in ``log``.

        It ends with this process at the latest, so an interrupted run leaves no GIMP behind.
        """
        with log.open("ab") as output:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self.command(folders, environment), *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def command(self, folders: Sequence[Path], environment: Mapping[str, str]) -> list[str]:
        """The beginning of a command line that runs the rest of it inside."""
        binds = [word for folder in (*folders, *self.seen) for word in ("-b", str(folder))]
        clean = ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]
        return [str(HERE / "in-root.sh"), str(self.path), *binds, *clean]

    def python_version(self) -> str:
        """The version of the Python that runs GIMP's plug-ins: ``3.13``."""
        names = (path.name for path in (self.path / "usr" / "bin").glob("python3.*"))
        return next(n for n in names if n.removeprefix("python3.").isdigit()).removeprefix("python")


def find(series: str) -> GimpRoot | None:
    """The root for GIMP ``series``, from its variable or the usual cache; None if there is none."""
    named = os.environ.get(VARIABLES[series])
    path = Path(named) if named else _cache() / f"gimp-{SUITES[series]}"
    return GimpRoot(series, path) if (path / STAMP).is_file() else None


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a started process and everything that it started."""
    for sign, patience in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 10.0)):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
            break
        except subprocess.TimeoutExpired:
            continue


def _cache() -> Path:
    named = os.environ.get("NEURAL_STYLE_TEST_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "neural-style-tests"
