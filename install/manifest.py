"""The record of what was made outside the home folder, and the removal of an installation."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from install.console import InstallError, say, warn
from install.install_paths import InstallPaths
from neural_style.plugin_copies import is_copy


@dataclass(frozen=True)
class Manifest:
    """What an installation made outside its home folder.

    Attributes:
        launchers: the command and the service.
        plugins: copies of the plug-in.
        folders: folders that the installer created; removed if they are empty.
        kept: what was in the home folder before the first installation; not removed.
    """

    launchers: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """The manifest at ``path``; an empty one if there is no file.

        Raises:
            InstallError: the file is not a manifest.
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
        """Write the manifest atomically."""
        part = path.with_suffix(".part")
        part.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n", encoding="utf-8")
        part.replace(path)

    @classmethod
    def of_first_install(cls, paths: InstallPaths) -> Manifest:
        """An empty manifest that records what is in the home folder already."""
        return cls(kept=tuple(str(path) for path in paths.inside() if path.exists()))

    def extended(
        self,
        *,
        launchers: Iterable[Path] = (),
        plugins: Iterable[Path] = (),
        folders: Iterable[Path] = (),
    ) -> Manifest:
        """This manifest with further entries."""
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
    """Create ``folder``; returns the folders that were created, outermost first.

    Raises:
        InstallError: it cannot be created.
    """
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InstallError(f"The folder {folder} cannot be made ({error.strerror}).") from error
    return missing[::-1]


def uninstall(paths: InstallPaths) -> None:
    """Remove everything that an installation made, and nothing else.

    Raises:
        InstallError: the record cannot be read.
    """
    manifest = Manifest.read(paths.manifest)
    for plugin in map(Path, manifest.plugins):
        remove_plugin(plugin, paths)
    for launcher in map(Path, manifest.launchers):
        if is_our_launcher(launcher, paths):
            launcher.unlink()
            say(f"removed {launcher}")
    for path in paths.inside():
        if str(path) in manifest.kept:
            continue
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
            say(f"removed {path}")
    paths.manifest.unlink(missing_ok=True)
    paths.lock.unlink(missing_ok=True)
    for folder in reversed(manifest.folders):
        _remove_if_empty(Path(folder))
    others = sorted(entry.name for entry in paths.root.iterdir()) if paths.root.is_dir() else []
    if others:
        warn(f"{paths.root} stays; the installer did not make {', '.join(others)}")


def is_our_launcher(path: Path, paths: InstallPaths) -> bool:
    """Whether the command or service at ``path`` starts this home's program."""
    try:
        return str(paths.environment / "bin") in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def remove_plugin(folder: Path, paths: InstallPaths) -> None:
    """Remove a copy of the plug-in, but no file that the user added."""
    if not is_copy(folder):
        return
    source = paths.plugin
    ours = {path.relative_to(source) for path in source.rglob("*") if not path.is_dir()}
    for path in sorted(folder.rglob("*"), reverse=True):  # the content before its folder
        relative = path.relative_to(folder)
        if path.is_dir() and not path.is_symlink():
            _remove_if_empty(path)
        elif relative in ours or "__pycache__" in relative.parts or "vendor" in relative.parts:
            path.unlink()
    _remove_if_empty(folder)
    if folder.exists():
        warn(f"{folder} stays, because it contains files that the installer did not make")
    else:
        say(f"removed {folder}")


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
        folder.rmdir()
