"""The right build of PyTorch is chosen: by the card, uv's answer, and the user's options."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from install import environment, torch_build
from install.accelerator import Accelerator, find_accelerator
from install.console import InstallError
from install.environment import Environment, Packages
from install.pip_settings import PipSettings
from install.torch_build import (
    DEFAULT,
    FOR_CPU,
    FOR_CUDA,
    FOR_ROCM,
    INDEXES,
    RANGE,
    TorchBuild,
    choose,
)
from neural_style.asking import Answer
from programs import script

NOTHING_SET = PipSettings({})
NONE = Accelerator("none", "none that PyTorch can use")
NVIDIA = Accelerator("nvidia", "NVIDIA")
AMD = Accelerator("amd", "AMD", ("gfx1036", "gfx1100"))
REFUSED = Answer(False, "", "error: no\ncause: Connection refused\n")


class Uv:
    """Answers like uv, which knows the builds by backend, or by AMD's chip."""

    def __init__(self, **builds: str) -> None:
        self._builds = builds
        self.asked: list[str] = []

    def __call__(self, requirement: str, backend: str, variables: Mapping[str, str]) -> Answer:
        assert requirement == RANGE
        wanted = variables.get("UV_AMD_GPU_ARCHITECTURE", backend)
        self.asked.append(wanted)
        version = self._builds.get(wanted)
        return Answer(True, f"torch=={version}\n", "") if version else REFUSED


def test_without_a_card_the_cpu_build_is_chosen() -> None:
    """uv is not asked for what suits the machine: for Intel's graphics it takes a large build."""
    uv = Uv(cpu="2.10.0+cpu", auto="2.10.0+xpu")
    build = choose(NONE, NOTHING_SET, uv)
    assert build == replace(FOR_CPU, index=f"{INDEXES}/cpu", requirement="torch==2.10.0+cpu")
    assert uv.asked == ["cpu"]


def test_nvidia_gets_what_uv_chooses(capsys: pytest.CaptureFixture[str]) -> None:
    build = choose(NVIDIA, NOTHING_SET, Uv(auto="2.9.1+cu129"))
    assert build == replace(FOR_CUDA, index=f"{INDEXES}/cu129", requirement="torch==2.9.1+cu129")
    assert "PyTorch ==2.9.1+cu129 for NVIDIA cards" in capsys.readouterr().out


def test_amd_gets_a_build_for_a_chip_that_rocm_supports() -> None:
    build = choose(AMD, NOTHING_SET, Uv(gfx1100="2.9.1+rocm6.4", cpu="2.10.0+cpu"))
    assert build == replace(
        FOR_ROCM, index=f"{INDEXES}/rocm6.4", requirement="torch==2.9.1+rocm6.4"
    )


@pytest.mark.parametrize(("card", "kind"), [(NVIDIA, "cuda"), (AMD, "rocm")])
def test_a_card_without_a_build_computes_on_the_processor(
    card: Accelerator, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    build = choose(card, NOTHING_SET, Uv(auto="2.10.0+cpu", cpu="2.10.0+cpu"))
    assert build.kind == "cpu"
    output = capsys.readouterr().out
    assert "PyTorch has no build for that card or its driver" in output
    assert f"run ./install.sh --torch {kind}" in output


def test_a_requested_build_overrides_the_card() -> None:
    uv = Uv(cpu="2.10.0+cpu", auto="2.10.0+cu130", gfx1100="2.10.0+rocm7.2")
    assert choose(NVIDIA, NOTHING_SET, uv, "cpu").kind == "cpu"
    assert choose(NONE, NOTHING_SET, uv, "cuda") == DEFAULT
    assert choose(NONE, NOTHING_SET, uv, "rocm").kind == "rocm"


@pytest.mark.parametrize("card", [NONE, AMD, NVIDIA])
def test_without_an_answer_from_uv_it_is_the_default_build(
    card: Accelerator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert choose(card, NOTHING_SET, Uv()) == DEFAULT
    warnings = [line for line in capsys.readouterr().out.splitlines() if "!" in line]
    assert len(warnings) == 1
    assert "uv cannot choose (cause: Connection refused): it will be the usual" in warnings[0]


@pytest.mark.parametrize("settings", [{"index-url": "https://mirror"}, {"no-index": "1"}])
def test_a_mirror_is_not_bypassed(
    settings: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    uv = Uv(cpu="2.10.0+cpu")
    assert choose(NONE, PipSettings(settings), uv) == DEFAULT
    assert uv.asked == []
    assert "index of your choice" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("build", "version", "expected"),
    [
        (DEFAULT, "2.9.1", True),
        (DEFAULT, "2.9.1+cpu", False),
        (DEFAULT, "2.9.1+cu126", False),
        (replace(FOR_CUDA, requirement="torch==2.10.0+cu126"), "2.9.1+cu126", True),
        (FOR_CPU, "2.9.1+cpu", True),
        (FOR_CPU, "2.9.1", False),
        (FOR_ROCM, "2.9.1+rocm6.4", True),
        (torch_build.from_index("https://somewhere"), "2.9.1+cpu", False),
    ],
)
def test_an_installed_build_is_recognised(build: TorchBuild, version: str, expected: bool) -> None:
    assert build.is_same_kind(version) == expected


class Tool:
    """Replaces pip: records its arguments, installs a fake PyTorch, and can be interrupted."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.installed: list[list[str]] = []
        self.removed: list[str] = []
        self.is_interrupted = False

    def install(self, python: Path, words: list[str]) -> None:
        if self.is_interrupted:
            raise KeyboardInterrupt
        self.installed.append(words)
        if words[-1] == "torchvision":
            put_torch(self._environment, "2.10.0")

    def run(self, command: list[str | Path], failure: str) -> None:
        self.removed += map(str, command[-2:])
        for folder in self._environment.site_packages.glob("torch-*"):
            shutil.rmtree(folder)


def put_torch(made: Environment, version: str) -> None:
    folder = made.site_packages / f"torch-{version}.dist-info"
    folder.mkdir(exist_ok=True)


@pytest.fixture
def fresh(tmp_path: Path) -> Environment:
    """An empty environment."""
    made = Environment(tmp_path / "environment")
    made.site_packages.mkdir(parents=True)
    return made


@pytest.fixture
def tool(fresh: Environment, monkeypatch: pytest.MonkeyPatch) -> Tool:
    made = Tool(fresh)
    monkeypatch.setattr(environment, "install", made.install)
    monkeypatch.setattr(environment, "run", made.run)
    monkeypatch.setattr(PipSettings, "read", lambda python: NOTHING_SET)
    monkeypatch.setattr(environment, "find_accelerator", lambda: NONE)
    monkeypatch.setattr(environment, "fetch_uv", lambda python, settings: None)
    return made


@pytest.mark.parametrize(
    ("there", "kind", "index", "requirement"),
    [
        (None, None, "cpu", "torch==2.10.0+cpu"),
        (None, "cuda", None, "torch>=2.6,<3"),
        ("2.9.0", None, None, None),
        ("2.9.0+cpu", "cpu", None, None),
        ("2.9.0", "cuda", None, None),
        ("2.9.0+cpu", "cuda", None, "torch>=2.6,<3"),
        ("2.9.0+cpu", "rocm", None, None),  # it is not available, so the working one stays
    ],
)
def test_pytorch_is_installed_once_and_replaced_on_request(
    there: str | None,
    kind: str | None,
    index: str | None,
    requirement: str | None,
    fresh: Environment,
    tool: Tool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uv = Uv(cpu="2.10.0+cpu")
    monkeypatch.setattr(environment, "resolved", lambda python, *words: uv(*words))
    if there is not None:
        put_torch(fresh, there)
    environment.install_torch(fresh, Packages(fresh.folder, torch_kind=kind))
    begin = ["--index-url", f"{INDEXES}/{index}"] if index else []
    expected = [] if requirement is None else [[*begin, requirement, "torchvision"]]
    assert tool.installed == expected
    replaced = there is not None and requirement is not None
    assert tool.removed == (["torch", "torchvision"] if replaced else [])


def test_an_interrupted_download_is_continued(
    fresh: Environment, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the same index, even if that is unreachable the second time."""
    wanted = replace(FOR_CPU, index="https://there", requirement="torch==2.10.0+cpu")
    monkeypatch.setattr(torch_build, "choose", lambda *words: wanted)
    tool.is_interrupted = True
    with pytest.raises(KeyboardInterrupt):
        environment.install_torch(fresh, Packages(fresh.folder))
    tool.is_interrupted = False
    monkeypatch.setattr(torch_build, "choose", lambda *words: DEFAULT)
    for _ in range(2):
        environment.install_torch(fresh, Packages(fresh.folder))
    assert tool.installed == [["--index-url", "https://there", "torch==2.10.0+cpu", "torchvision"]]


def test_sizes_are_shown_and_a_full_disk_is_reported_before_the_download(
    fresh: Environment,
    tool: Tool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda path: SimpleNamespace(free=2e9))
    monkeypatch.setattr(torch_build, "choose", lambda *words: DEFAULT)
    with pytest.raises(InstallError, match=r"2\.0 GB free .* 9\.7 GB are needed"):
        environment.install_torch(fresh, Packages(fresh.folder))
    assert "downloads about 3.2 GB, and takes about 6.5 GB" in capsys.readouterr().out
    assert tool.installed == []


class Machine:
    """A machine with its kernel's device files and its programs."""

    def __init__(self, folder: Path) -> None:
        self.system = folder / "system"
        self.bin = folder / "bin"
        self.bin.mkdir()

    def has_device(self, vendor: str, kind: str) -> None:
        device = self.system / "sys/bus/pci/devices/0000:01:00.0"
        device.mkdir(parents=True)
        (device / "vendor").write_text(f"{vendor}\n")
        (device / "class").write_text(f"{kind}\n")

    def has_amd_chip(self, number: int) -> None:
        for node, version in enumerate((0, number)):
            folder = self.system / f"sys/class/kfd/kfd/topology/nodes/{node}"
            folder.mkdir(parents=True)
            (folder / "properties").write_text(f"simd_count 8\ngfx_target_version {version}\n")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{made.bin}:/usr/bin:/bin")
    return made


def test_a_machine_without_a_card(machine: Machine) -> None:
    assert find_accelerator(machine.system) == NONE


def test_an_nvidia_card_with_its_driver(machine: Machine) -> None:
    script(machine.bin / "nvidia-smi", "echo '| Driver Version: 580.65   CUDA Version: 13.0     |'")
    assert find_accelerator(machine.system) == NVIDIA


@pytest.mark.parametrize("lines", ["echo 'No devices were found'; exit 6", None])
def test_an_nvidia_card_without_its_driver(machine: Machine, lines: str | None) -> None:
    if lines:
        script(machine.bin / "nvidia-smi", lines)
    machine.has_device("0x10de", "0x030000")
    card = find_accelerator(machine.system)
    assert (card.kind, card.description) == (
        "none",
        "NVIDIA, but without its own driver, so it cannot compute",
    )


def test_a_sound_chip_by_nvidia_is_not_a_graphics_card(machine: Machine) -> None:
    machine.has_device("0x10de", "0x040300")
    assert find_accelerator(machine.system) == NONE


@pytest.mark.parametrize(
    ("number", "name"), [(90010, "gfx90a"), (100300, "gfx1030"), (110001, "gfx1101")]
)
def test_an_amd_chip_has_amds_name(machine: Machine, number: int, name: str) -> None:
    machine.has_amd_chip(number)
    assert find_accelerator(machine.system) == Accelerator("amd", f"AMD ({name})", (name,))
