"""The right build of PyTorch is chosen: by the card, the indexes, and the user's options."""

from __future__ import annotations

import platform
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from install import environment, torch_build
from install.accelerator import Accelerator, find_accelerator
from install.console import InstallError
from install.environment import Environment, Packages
from install.pip_settings import PipSettings
from install.torch_build import DEFAULT, FOR_CPU, FOR_ROCM, TorchBuild, choose, large_requirements

PYTHON = f"cp{sys.version_info[0]}{sys.version_info[1]}"
NOTHING_SET = PipSettings({})
NONE = Accelerator("none", "none that PyTorch can use")
AMD = Accelerator("amd", "AMD")


def nvidia(*cuda: int) -> Accelerator:
    return Accelerator("nvidia", "NVIDIA", (cuda[0], cuda[1]))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        """Print nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The folder that :func:`indexes` serves."""
    return tmp_path / "site"


@pytest.fixture
def indexes(site: Path) -> Iterator[str]:
    """The address of a server with PyTorch's indexes in it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def put(site: Path, index: str, *versions: str, python: str = PYTHON) -> None:
    """Add an index with these versions of torch, in the form of PyTorch's own indexes."""
    page = site / index / "torch" / "index.html"
    page.parent.mkdir(parents=True)
    tail = f"{python}-{python}-manylinux_2_28_{platform.machine()}.whl"
    links = [f'<a href="/x">torch-{v.replace("+", "%2B")}-{tail}</a><br/>' for v in versions]
    page.write_text("\n".join(links))


def test_without_a_card_the_cpu_build_is_chosen(site: Path, indexes: str) -> None:
    put(site, "cpu", "2.5.1+cpu", "2.10.0+cpu", "2.9.1+cpu", "3.0.0+cpu")
    build = choose(NONE, NOTHING_SET, indexes=indexes)
    assert build == replace(FOR_CPU, index=f"{indexes}/cpu", version="2.10.0+cpu")
    assert build.requirement == "torch==2.10.0+cpu"


def test_amd_gets_the_newest_rocm(site: Path, indexes: str) -> None:
    put(site, "rocm6.4", "2.9.1+rocm6.4")
    put(site, "rocm7.1", "2.10.0+rocm7.1", python="cp399")
    put(site, "cpu", "2.10.0+cpu")
    build = choose(AMD, NOTHING_SET, indexes=indexes)
    assert build == replace(FOR_ROCM, index=f"{indexes}/rocm6.4", version="2.9.1+rocm6.4")


def test_amd_without_a_rocm_build_computes_on_the_processor(site: Path, indexes: str) -> None:
    put(site, "cpu", "2.10.0+cpu")
    assert choose(AMD, NOTHING_SET, indexes=indexes).version == "2.10.0+cpu"


@pytest.mark.parametrize(
    ("card", "index"),
    [(nvidia(13, 1), None), (nvidia(12, 4), "cu126"), (nvidia(11, 8), "cpu")],
    ids=["new driver", "older driver", "driver too old"],
)
def test_nvidia_gets_what_its_driver_can_run(
    site: Path,
    indexes: str,
    card: Accelerator,
    index: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(site, "cpu", "2.10.0+cpu")
    put(site, "cu126", "2.10.0+cu126")
    build = choose(card, NOTHING_SET, indexes=indexes)
    assert build.index == (f"{indexes}/{index}" if index else None)
    assert ("driver is too old" in capsys.readouterr().out) == (index == "cpu")


def test_a_requested_build_overrides_the_card(site: Path, indexes: str) -> None:
    put(site, "cpu", "2.10.0+cpu")
    assert choose(nvidia(13, 0), NOTHING_SET, "cpu", indexes=indexes).kind == "cpu"
    assert choose(NONE, NOTHING_SET, "cuda", indexes=indexes) == DEFAULT


@pytest.mark.parametrize("card", [NONE, AMD])
def test_an_unreachable_index_leads_to_the_default_one(
    card: Accelerator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert choose(card, NOTHING_SET, indexes="http://127.0.0.1:9") == DEFAULT
    warnings = [line for line in capsys.readouterr().out.splitlines() if "!" in line]
    assert len(warnings) == 1
    assert "cannot be reached (Connection refused): it will be the usual PyTorch" in warnings[0]


def test_an_index_without_a_wheel_for_this_python_is_skipped(
    site: Path, indexes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(site, "cpu", "2.10.0+cpu", python="cp39")
    assert choose(NONE, NOTHING_SET, indexes=indexes) == DEFAULT
    assert "cpu has nothing for this Python" in capsys.readouterr().out


@pytest.mark.parametrize("settings", [{"index-url": "https://mirror"}, {"no-index": "1"}])
def test_a_mirror_is_not_bypassed(
    settings: Mapping[str, str], site: Path, indexes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(site, "cpu", "2.10.0+cpu")
    assert choose(NONE, PipSettings(settings), indexes=indexes) == DEFAULT
    assert "index of your choice" in capsys.readouterr().out


def test_pips_proxy_is_used(site: Path, indexes: str) -> None:
    """The server acts as a proxy: it answers a request for another host."""
    put(site, "http:/not-there.invalid/cpu", "2.10.0+cpu")
    settings = PipSettings({"proxy": indexes})
    build = choose(NONE, settings, indexes="http://not-there.invalid")
    assert (build.index, build.version) == ("http://not-there.invalid/cpu", "2.10.0+cpu")


@pytest.mark.parametrize(
    ("build", "version", "expected"),
    [
        (DEFAULT, "2.9.1", True),
        (DEFAULT, "2.9.1+cpu", False),
        (DEFAULT, "2.9.1+cu126", False),
        (FOR_CPU, "2.9.1+cpu", True),
        (FOR_CPU, "2.9.1", False),
        (FOR_ROCM, "2.9.1+rocm6.4", True),
        (torch_build.from_index("https://somewhere"), "2.9.1+cpu", False),
    ],
)
def test_an_installed_build_is_recognised(build: TorchBuild, version: str, expected: bool) -> None:
    assert build.is_same_kind(version) == expected


METADATA = """\
Metadata-Version: 2.4
Requires-Dist: filelock
Requires-Dist: cuda-toolkit[cublas,nvrtc]==13.0.3; platform_system == "Linux"
Requires-Dist: nvidia-cudnn-cu13==9.24.0.43; platform_system == "Linux"
Requires-Dist: triton~=3.8.0; platform_system == "Linux" and python_version < "3.15"
Requires-Dist: optree>=0.13.0; extra == "optree"
Requires-Dist: triton-extras; extra == "more"
"""
LARGE = [
    'cuda-toolkit[cublas]==13.0.3; platform_system == "Linux"',
    'cuda-toolkit[nvrtc]==13.0.3; platform_system == "Linux"',
    'nvidia-cudnn-cu13==9.24.0.43; platform_system == "Linux"',
    'triton~=3.8.0; platform_system == "Linux" and python_version < "3.15"',
]


def test_large_requirements_are_installed_one_by_one() -> None:
    assert large_requirements(METADATA) == LARGE
    assert large_requirements("Metadata-Version: 2.4\nRequires-Dist: filelock\n") == []


class Tool:
    """Replaces pip: records its arguments, installs a fake PyTorch, and can be interrupted."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.installed: list[list[str]] = []
        self.removed: list[str] = []
        self.interrupted_at = ""

    def install(self, python: Path, words: list[str]) -> None:
        if self.interrupted_at and words[-1].startswith(self.interrupted_at):
            raise KeyboardInterrupt
        self.installed.append(words)
        if words[-1].startswith(("torch=", "torch>")):
            put_torch(self._environment, "2.10.0")

    def run(self, command: list[str | Path], failure: str) -> None:
        self.removed += map(str, command[-2:])
        for folder in self._environment.site_packages.glob("torch-*"):
            shutil.rmtree(folder)


def put_torch(made: Environment, version: str) -> None:
    folder = made.site_packages / f"torch-{version}.dist-info"
    folder.mkdir(exist_ok=True)
    (folder / "METADATA").write_text(METADATA)


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
    site: Path,
    indexes: str,
    tool: Tool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(site, "cpu", "2.10.0+cpu")
    monkeypatch.setattr(torch_build, "choose", partial(choose, indexes=indexes))
    if there is not None:
        put_torch(fresh, there)
    environment.install_torch(fresh, Packages(fresh.folder, torch_kind=kind))
    begin = ["--index-url", f"{indexes}/{index}"] if index else []
    if requirement is None:
        assert tool.installed == []
    else:
        assert tool.installed[0] == ["--no-deps", *begin, requirement]
        assert [[*begin, part] for part in LARGE] == tool.installed[1:5]
        assert tool.installed[5:] == [[*begin, requirement, "torchvision"]]
    replaced = there is not None and requirement is not None
    assert tool.removed == (["torch", "torchvision"] if replaced else [])


def test_an_interrupted_download_is_continued(
    fresh: Environment, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the same index, even if that is unreachable the second time."""
    wanted = replace(FOR_CPU, index="https://there", version="2.10.0+cpu")
    monkeypatch.setattr(torch_build, "choose", lambda *words: wanted)
    tool.interrupted_at = "nvidia-cudnn"
    with pytest.raises(KeyboardInterrupt):
        environment.install_torch(fresh, Packages(fresh.folder))
    tool.interrupted_at, tool.installed = "", []
    monkeypatch.setattr(torch_build, "choose", lambda *words: DEFAULT)
    environment.install_torch(fresh, Packages(fresh.folder))
    assert tool.installed[-1] == [
        *("--index-url", "https://there"),
        "torch==2.10.0+cpu",
        "torchvision",
    ]
    tool.installed = []
    environment.install_torch(fresh, Packages(fresh.folder))
    assert tool.installed == []


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

    def has_nvidia_smi(self, script: str) -> None:
        (self.bin / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / "nvidia-smi").chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{made.bin}:/usr/bin:/bin")
    return made


def test_a_machine_without_a_card(machine: Machine) -> None:
    assert find_accelerator(machine.system) == NONE


def test_an_nvidia_card_with_its_driver(machine: Machine) -> None:
    machine.has_nvidia_smi("echo '| Driver Version: 580.65   CUDA Version: 13.0     |'")
    card = find_accelerator(machine.system)
    assert (card.kind, card.cuda) == ("nvidia", (13, 0))
    assert card.description == "NVIDIA, with a driver for CUDA 13.0"


@pytest.mark.parametrize("script", ["echo 'No devices were found'; exit 6", None])
def test_an_nvidia_card_without_its_driver(machine: Machine, script: str | None) -> None:
    if script:
        machine.has_nvidia_smi(script)
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
    ("number", "kind"), [(100300, "amd"), (110001, "amd"), (90012, "none")], ids=str
)
def test_an_amd_chip_is_used_if_rocm_supports_it(machine: Machine, number: int, kind: str) -> None:
    machine.has_amd_chip(number)
    card = find_accelerator(machine.system)
    assert card.kind == kind
    assert card.description.startswith("AMD")
