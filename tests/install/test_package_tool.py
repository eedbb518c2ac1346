"""Packages are installed with uv if it works, otherwise with pip, with the same settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from install import package_tool
from install.console import InstallError
from install.environment import Environment, make_empty
from install.pip_settings import PipSettings
from programs import script


class Stubs:
    """Programs that record how they were called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        self.bin = folder / "environment" / "bin"
        self.bin.mkdir(parents=True)

    def make(self, name: str, status: int = 0, more: str = "", folder: Path | None = None) -> Path:
        note = f'echo "{name} $*" cert=$SSL_CERT_FILE proxy=$HTTPS_PROXY tmp=$TMPDIR'
        note += f" cache=$UV_CACHE_DIR >>'{self.calls}'"
        return script((folder or self.bin) / name, note, more, f"exit {status}")

    @property
    def called(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stubs:
    """An empty search path, and pip without settings."""
    made = Stubs(tmp_path)
    monkeypatch.setenv("PATH", str(made.bin))
    monkeypatch.setattr(PipSettings, "read", lambda python: PipSettings({}))
    return made


def test_without_uv_pip_is_used_with_temporary_files_on_the_same_disk(stubs: Stubs) -> None:
    python = stubs.make("python")
    package_tool.install(python, ["--no-deps", "thing"])
    (call,) = stubs.called
    assert call.startswith("python -I -m pip install --no-warn-conflicts --quiet --no-deps thing")
    assert f"tmp={stubs.folder / 'environment'}/" in call
    assert [path.name for path in (stubs.folder / "environment").iterdir()] == ["bin"]


def test_pip_is_not_used_if_uv_works(stubs: Stubs) -> None:
    python = stubs.make("python")
    stubs.make("uv")
    package_tool.install(python, ["thing"])
    (call,) = stubs.called
    assert call.startswith(f"uv pip install --python {python} ")
    assert " --reinstall-package neural-style-gimp " in call
    assert " --quiet thing " in call


def test_pip_is_used_if_uv_fails(stubs: Stubs, capsys: pytest.CaptureFixture[str]) -> None:
    python = stubs.make("python")
    stubs.make("uv", status=2)
    package_tool.install(python, ["thing"])
    assert [call.split()[0] for call in stubs.called] == ["uv", "python"]
    assert "uv failed; trying pip" in capsys.readouterr().out


def test_if_both_fail_the_error_says_what_to_check(stubs: Stubs) -> None:
    python = stubs.make("python", status=1)
    with pytest.raises(InstallError, match=r"could not be installed.*https_proxy.*PIP_INDEX_URL"):
        package_tool.install(python, ["thing"])


def test_uv_gets_pips_settings(stubs: Stubs, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "index-url": "https://mirror/simple",
        "extra-index-url": "https://one https://two",
        "find-links": "/wheels",
        "constraint": "/caps.txt",
        "trusted-host": "mirror",
        "cert": "/ours.pem",
        "proxy": "http://proxy:3128",
        "timeout": "60",
    }
    monkeypatch.setattr(PipSettings, "read", lambda python: PipSettings(settings))
    python = stubs.make("python")
    stubs.make("uv")
    package_tool.install(python, ["thing"])
    (call,) = stubs.called
    for words in (
        "--index-url https://mirror/simple --extra-index-url https://one "
        "--extra-index-url https://two --find-links /wheels --constraint /caps.txt "
        "--allow-insecure-host mirror",
        "cert=/ours.pem proxy=http://proxy:3128",
    ):
        assert words in call


def test_pip_is_used_for_a_setting_that_uv_lacks(
    stubs: Stubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PipSettings, "read", lambda python: PipSettings({"client-cert": "/me"}))
    python = stubs.make("python")
    stubs.make("uv")
    package_tool.install(python, ["thing"])
    assert [call.split()[0] for call in stubs.called] == ["python"]


def test_uv_is_fetched_and_used_where_the_machine_has_none(stubs: Stubs) -> None:
    own = stubs.folder / "environment" / ".uv"
    python = stubs.make("python")
    package_tool.fetch_uv(python, PipSettings({}))
    stubs.make("uv", folder=own / "bin")
    package_tool.fetch_uv(python, PipSettings({}))
    package_tool.install(python, ["thing"])
    fetch, use = stubs.called
    assert fetch.startswith(f"python -I -m pip install --quiet --target {own} uv ")
    assert use.startswith(f"uv pip install --python {python} ")
    assert use.endswith(f"cache={own}/cache")
    package_tool.remove_uv(python)
    assert not own.exists()


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        ({}, "echo '      --torch-backend <TORCH_BACKEND>'"),
        ({"no-index": "1"}, ""),
        ({"client-cert": "/me"}, ""),
    ],
    ids=["here and new", "offline", "unusable"],
)
def test_uv_is_not_fetched_needlessly(settings: dict[str, str], more: str, stubs: Stubs) -> None:
    python = stubs.make("python")
    stubs.make("uv", more=more)
    package_tool.fetch_uv(python, PipSettings(settings))
    assert [call.split()[0] for call in stubs.called] == ["uv"]


def test_an_uv_too_old_for_pytorch_is_not_enough(
    stubs: Stubs, capsys: pytest.CaptureFixture[str]
) -> None:
    python = stubs.make("python", status=1)
    stubs.make("uv")
    package_tool.fetch_uv(python, PipSettings({}))
    assert [call.split()[0] for call in stubs.called] == ["uv", "python"]
    assert "uv cannot be had" in capsys.readouterr().out


def test_uv_says_what_it_would_install(stubs: Stubs) -> None:
    python = stubs.make("python")
    stubs.make(
        "uv",
        more="echo torch==2.10.0+$UV_AMD_GPU_ARCHITECTURE; for f; do :; done; read a <$f; echo $a",
    )
    answer = package_tool.resolved(
        python, "torch>=2.6,<3", "auto", {"UV_AMD_GPU_ARCHITECTURE": "gfx90a"}
    )
    assert answer.worked
    assert answer.text == "torch==2.10.0+gfx90a\ntorch>=2.6,<3\n"
    (call,) = stubs.called
    assert f"pip compile --python {python} --torch-backend auto " in call


def test_without_uv_there_is_no_answer(stubs: Stubs) -> None:
    assert not package_tool.resolved(stubs.make("python"), "torch>=2.6,<3", "auto", {}).worked


def test_settings_are_read_from_pips_files_and_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://a\ntimeout = 5\n[install]\nconstraint = /c\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.setenv("PIP_INDEX_URL", "https://b")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    settings = PipSettings.read(Path(sys.executable))
    assert settings.values["index-url"] == "https://b"
    assert settings.values["timeout"] == "5"
    assert settings.values["constraint"] == "/c"
    assert settings.is_offline


def test_a_configured_index_is_recognised() -> None:
    assert not PipSettings({"extra-index-url": "https://a", "no-index": "0"}).has_own_index
    assert PipSettings({"index-url": "https://a"}).has_own_index
    assert PipSettings({"no-index": "true"}).has_own_index


@pytest.mark.slow
def test_the_real_uv_takes_these_options_and_a_changed_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is fetched from the registry, unless this machine has one.

    A project with the same version but changed source is installed again.
    """
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        f'[project]\nname = "{package_tool.PROJECT}"\nversion = "1"\n'
        '[tool.hatch.build]\ninclude = ["thing.py"]\n'
    )
    environment = Environment(tmp_path / "environment")
    make_empty(environment)
    package_tool.fetch_uv(environment.python, PipSettings.read(environment.python))
    monkeypatch.setattr(package_tool, "run", pytest.fail)  # it would be pip
    answer = package_tool.resolved(environment.python, "torch", "cpu", {"UV_HTTP_RETRIES": "0"})
    assert answer.worked or "whl/cpu/torch" in answer.errors  # the index may be out of reach
    for text in ("before", "after"):
        (project / "thing.py").write_text(f"print('{text}')\n")
        package_tool.install(environment.python, [str(project)])
        done = subprocess.run(
            [environment.python, "-c", "import thing"], capture_output=True, text=True, check=True
        )
        assert done.stdout == f"{text}\n"
