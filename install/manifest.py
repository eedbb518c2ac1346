"""The record of what was made outside the home folder, and taking it all away again."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from install.console import InstallError, say, warn
from install.places import Places


@dataclass(frozen=True)
class Manifest:
    """What an installation made outside its home folder, and which of its parents it made.

    ``plugins`` are copies of the plug-in; ``launchers`` are the command and the service;
    ``folders`` were not there before, and go again when they are empty. ``kept`` was in the home
    folder before the first installation, so it stays.
    """

    launchers: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """The manifest at ``path``, empty where there is none.

        Raises:
            InstallError: the file is there but is not a manifest.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{field.name: tuple(values[field.name]) for field in _FIELDS})
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InstallError(
                f"The record of the installation, {path}, cannot be read ({error}).",
                "Remove that file, then run ./install.sh again.",
            ) from error

    def write(self, path: Path) -> None:
        """Write the manifest, whole or not at all."""
        part = path.with_suffix(".part")
        part.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n", encoding="utf-8")
        part.replace(path)

    @classmethod
    def of_first_install(cls, places: Places) -> Manifest:
        """An empty manifest that knows what the home folder held before."""
        return cls(kept=tuple(str(path) for path in places.inside() if path.exists()))

    def adding(
        self,
        *,
        launchers: Iterable[Path] = (),
        plugins: Iterable[Path] = (),
        folders: Iterable[Path] = (),
    ) -> Manifest:
        """This manifest with more in it."""
        return Manifest(
            _joined(self.launchers, launchers),
            _joined(self.plugins, plugins),
            _joined(self.folders, folders),
            self.kept,
        )


_FIELDS = dataclasses.fields(Manifest)


def _joined(known: tuple[str, ...], more: Iterable[Path]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *map(str, more))))


def make_folder(folder: Path) -> list[Path]:
    """Make ``folder``; the folders that were not there before, the outermost first.

    Raises:
        InstallError: it cannot be made.
    """
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InstallError(f"The folder {folder} cannot be made ({error.strerror}).") from error
    return missing[::-1]


def uninstall(places: Places) -> None:
    """Take away everything that an installation made, and nothing else.

    Raises:
        InstallError: the record cannot be read.
    """
    manifest = Manifest.read(places.manifest)
    for plugin in map(Path, manifest.plugins):
        remove_plugin(plugin, places)
    for launcher in map(Path, manifest.launchers):
        if is_our_launcher(launcher, places):
            launcher.unlink()
            say(f"removed {launcher}")
    for path in places.inside():
        if str(path) in manifest.kept:
            continue
        if path.is_symlink():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
            say(f"removed {path}")
    places.manifest.unlink(missing_ok=True)
    places.lock.unlink(missing_ok=True)
    for folder in reversed(manifest.folders):
        _remove_if_empty(Path(folder))
    others = sorted(entry.name for entry in places.root.iterdir()) if places.root.is_dir() else []
    if others:
        warn(f"{places.root} stays; the installer did not make {', '.join(others)}")


def is_our_launcher(path: Path, places: Places) -> bool:
    """Whether the command or service at ``path`` starts this home's program."""
    try:
        return str(places.environment / "bin") in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def is_our_plugin(folder: Path) -> bool:
    """Whether ``folder`` is a copy of our plug-in, from this installation or another."""
    return (folder / "neural-style.py").is_file()


def remove_plugin(folder: Path, places: Places) -> None:
    """Take away a copy of the plug-in, but no file that somebody else put there."""
    if not is_our_plugin(folder):
        return
    ready = places.plugin
    ours = {path.relative_to(ready) for path in ready.rglob("*") if not path.is_dir()}
    for path in sorted(folder.rglob("*"), reverse=True):  # what is in a folder before the folder
        relative = path.relative_to(folder)
        if path.is_dir() and not path.is_symlink():
            _remove_if_empty(path)
        elif relative in ours or "__pycache__" in relative.parts or "vendor" in relative.parts:
            path.unlink()
    _remove_if_empty(folder)
    if folder.exists():
        warn(f"{folder} stays, for it holds files that the installer did not make")
    else:
        say(f"removed {folder}")


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
        folder.rmdir()
