"""The user's settings for pip, from its files and variables, and their equivalents for uv."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SECTIONS = ("global", "install", ":env:")
"""Where a setting can be; later sections override earlier ones."""

_OPTIONS = {
    "index-url": "--index-url",
    "extra-index-url": "--extra-index-url",
    "find-links": "--find-links",
    "constraint": "--constraint",
    "trusted-host": "--allow-insecure-host",
}
_VARIABLES = {"cert": ("SSL_CERT_FILE",), "proxy": ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
_IGNORED = frozenset(
    {
        *("cache-dir", "default-timeout", "disable-pip-version-check", "no-cache-dir", "no-color"),
        *("no-input", "no-warn-script-location", "progress-bar", "quiet", "retries", "timeout"),
        *("root-user-action", "user", "verbose"),
    }
)


@dataclass(frozen=True)
class PipSettings:
    """pip's settings by name, without the dashes: ``index-url``."""

    values: Mapping[str, str]

    @classmethod
    def read(cls, python: Path) -> PipSettings:
        """The settings for ``pip install`` with this Python; none if pip cannot list them."""
        done = subprocess.run(
            [python, "-I", "-m", "pip", "config", "list"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return cls(_parsed(done.stdout) if done.returncode == 0 else {})

    @property
    def has_own_index(self) -> bool:
        """Whether a mirror or a folder replaces the default index."""
        return "index-url" in self.values or self.is_offline

    @property
    def is_offline(self) -> bool:
        return self.values.get("no-index", "").lower() in {"1", "true", "yes", "on"}

    def for_uv(self) -> tuple[list[str], dict[str, str]] | None:
        """uv's equivalent options and variables; None if a setting has no equivalent."""
        known = {*_OPTIONS, *_VARIABLES, *_IGNORED, "no-index"}
        if not self.values.keys() <= known:
            return None
        options = ["--no-index"] if self.is_offline else []
        for name, option in _OPTIONS.items():
            for value in self.values.get(name, "").split():
                options += [option, value]
        variables = {
            variable: self.values[name]
            for name, variables in _VARIABLES.items()
            if self.values.get(name)
            for variable in variables
        }
        return options, variables


def _parsed(listing: str) -> dict[str, str]:
    """The settings from lines such as ``global.index-url='https://…'``."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listing.splitlines():
        name, separator, value = line.partition("=")
        section, dot, key = name.rpartition(".")
        if separator and dot and section in found:
            try:
                found[section][key] = str(ast.literal_eval(value))
            except (ValueError, SyntaxError):
                continue
    merged: dict[str, str] = {}
    for section in SECTIONS:
        merged |= found[section]
    return {key: value for key, value in merged.items() if value}
