"""Each thing that can be broken is broken in turn, and the doctor says so and what to do."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from click.testing import CliRunner

from doctor.conftest import Patient
from gimp.gimp_root import find
from neural_style.cli import commands
from neural_style.doctor import Finding, environment, examine, report_text
from neural_style.doctor.examination import in_words_of_setup
from neural_style_protocol.connection import Connection
from neural_style_protocol.paths import Home
from pretended_gpu.card import Card, no_fault
from pretended_gpu.machine import pretended
from programs import script

ASK_TORCH = environment._ASK_TORCH
Complaints = Callable[[], list[Finding]]
KEY = "k" * 40
INSTALL = "Run ./install.sh again."


@pytest.fixture(autouse=True)
def quick_torch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch answers at once, except where a test is about torch."""
    if "slow" not in request.keywords:
        monkeypatch.setattr(environment, "_ASK_TORCH", torch_tells())


def torch_tells(*cards: tuple[str, int, str]) -> str:
    """What torch answers on a machine with such cards: name, free bytes and problem."""
    names = ("name", "free", "problem")
    told = [dict(zip(names, card, strict=True)) for card in cards]
    return f"print({json.dumps({'torch': '2', 'torchvision': '0', 'cards': told})!r})"


def write_connection(home: Home, *, endpoint: str = "tcp://127.0.0.1:9", pid: int = 1) -> None:
    connection = Connection(endpoint, KEY, KEY, KEY, pid, "0.1.0")
    connection.write(home.connection_file)


def the_one(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


def test_a_whole_installation_is_well(complaints: Complaints) -> None:
    assert complaints() == []


@pytest.mark.slow
@pytest.mark.usefixtures("patient")
def test_torch_is_asked_for_real() -> None:
    findings = list(environment.check_environment())
    assert [(finding.part, finding.level) for finding in findings] == [
        ("packages", "ok"),
        ("torch", "ok"),
        ("device", "ok"),
    ]


def test_after_neural_style_setup_the_advice_names_that(
    patient: Patient, complaints: Complaints
) -> None:
    (patient.home.root / "setup.json").touch()
    shutil.rmtree(patient.plugin)
    assert the_one(complaints()).next_step == "Run neural-style setup again."
    card = Finding("device", "warning", "", "Run ./install.sh --torch cuda. If not, stop.")
    assert in_words_of_setup(card).next_step == (
        "Run uv tool install --force --torch-backend auto neural-style-gimp. If not, stop."
    )


def test_torch_that_does_not_load(complaints: Complaints, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_ASK_TORCH", "raise ImportError('libcudart.so.13')")
    finding = the_one(complaints())
    assert finding.sentence == "PyTorch does not load: ImportError: libcudart.so.13."
    assert finding.next_step == INSTALL


def test_a_package_that_is_gone(complaints: Complaints, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "safetensors":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert the_one(complaints()).sentence == "Missing: safetensors."


def test_a_gpu_that_torch_cannot_use(patient: Patient, complaints: Complaints) -> None:
    patient.make_program("nvidia-smi", "echo GPU 0: NVIDIA")
    finding = the_one(complaints())
    assert finding.sentence == "There is an NVIDIA GPU, but PyTorch cannot use it."
    assert "driver" in finding.next_step


def test_each_card_is_tried(complaints: Complaints, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card that PyTorch lists may have no kernels in this build."""
    fine, old = ("New card", 8 * 10**9, ""), ("Old card", 0, "CUDA error: no kernel image")
    monkeypatch.setattr(environment, "_ASK_TORCH", torch_tells(fine, old))
    finding = the_one(complaints())
    assert finding.sentence == "Old card does not compute: CUDA error: no kernel image."
    assert "install.sh again" in finding.next_step
    told = [it.sentence for it in environment.check_environment() if it.part == "device"]
    assert told == ["New card, 8.0 GB free.", finding.sentence]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("", "Pretended GPU, 17.2 GB free."),
        ("no kernel image", "Pretended GPU does not compute: CUDA error: no kernel image."),
    ],
)
def test_the_trial_computes_on_the_card(fault: str, words: str) -> None:
    def broken(operation: str) -> None:
        raise RuntimeError(f"CUDA error: {fault}\nCompile with TORCH_USE_CUDA_DSA")

    told: list[str] = []
    with pretended(Card(fault=broken if fault else no_fault)):
        exec(ASK_TORCH, {"print": told.append})
    (card,) = json.loads(told[0])["cards"]
    assert environment._card(card).sentence == words


def test_no_installation_at_all(patient: Patient, complaints: Complaints) -> None:
    shutil.rmtree(patient.home.root)
    assert "is not there" in complaints()[0].sentence
    assert complaints()[0].next_step == "Run ./install.sh."


def test_damaged_weights_are_named_and_fetched(patient: Patient, complaints: Complaints) -> None:
    weights = next(patient.home.weights.iterdir())
    weights.unlink()
    weights.write_bytes(b"damaged")
    finding = the_one(complaints())
    assert str(weights) in finding.sentence
    assert "damaged" in finding.sentence
    assert finding.fix is not None
    finding.fix()
    assert complaints() == []


def test_keys_that_others_can_read(patient: Patient, complaints: Complaints) -> None:
    patient.home.run.chmod(0o755)
    finding = the_one(complaints())
    assert finding.sentence == f"Other users can open {patient.home.run} (mode 755)."
    assert finding.fix is not None
    finding.fix()
    assert complaints() == []


def test_little_disk_and_little_memory(
    complaints: Complaints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=5e8))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=5e8))
    found = complaints()
    assert [(f.part, f.level) for f in found] == [("disk", "warning"), ("memory", "warning")]


def test_a_connection_file_that_a_dead_daemon_left(
    patient: Patient, complaints: Complaints
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    write_connection(patient.home, endpoint=f"tcp://127.0.0.1:{port}")
    finding = the_one(complaints())
    assert finding.sentence == "A daemon that is gone has left its connection file."
    assert finding.fix is not None
    finding.fix()
    assert not patient.home.connection_file.exists()


def test_a_damaged_connection_file(patient: Patient, complaints: Complaints) -> None:
    patient.home.connection_file.write_text("{")
    patient.home.connection_file.chmod(0o600)
    assert "cannot be read" in the_one(complaints()).sentence


def test_the_command_is_not_on_the_path(patient: Patient, complaints: Complaints) -> None:
    (patient.bin / "neural-style").rename(patient.folder / "elsewhere")
    found = complaints()
    assert found[0].sentence == "neural-style is not on your PATH."


def test_another_command_of_that_name(
    patient: Patient, complaints: Complaints, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = script(patient.folder / "other" / "neural-style", "echo another")
    monkeypatch.setenv("PATH", f"{other.parent}:{os.environ['PATH']}")
    assert "is another neural-style" in the_one(complaints()).sentence


def test_no_gimp(patient: Patient, complaints: Complaints) -> None:
    (patient.bin / "gimp-console").unlink()
    shutil.rmtree(patient.config)
    assert the_one(complaints()).sentence == "No GIMP 3 was found."


def test_only_gimp_2(patient: Patient, complaints: Complaints) -> None:
    patient.make_gimp(version="2.10.36")
    shutil.rmtree(patient.config)
    assert "GIMP 2.10.36 (distribution) is too old" in the_one(complaints()).sentence


def break_nothing(plugin: Path) -> None:
    shutil.rmtree(plugin)


def break_mode(plugin: Path) -> None:
    (plugin / "neural-style.py").chmod(0o644)


def break_record(plugin: Path) -> None:
    (plugin / "install.json").write_text("{}")


def break_vendor(plugin: Path) -> None:
    shutil.rmtree(plugin / "vendor" / "msgpack")


@pytest.mark.parametrize(
    ("harm", "sentence", "is_fixed"),
    [
        (break_nothing, "The plug-in is not in ", False),
        (break_mode, "is not executable, so GIMP passes it over", True),
        (break_record, "install.json is missing or damaged", True),
        (break_vendor, "vendor lacks msgpack", True),
    ],
)
def test_a_plugin_that_is_not_whole(
    patient: Patient,
    complaints: Complaints,
    harm: Callable[[Path], None],
    sentence: str,
    is_fixed: bool,
) -> None:
    harm(patient.plugin)
    finding = the_one(complaints())
    assert sentence in finding.sentence
    assert finding.level == "problem"
    assert (finding.fix is not None) == is_fixed
    if finding.fix is not None:
        finding.fix()
        assert complaints() == []


def test_a_plugin_of_another_installation(patient: Patient, complaints: Complaints) -> None:
    record = {"home": "/elsewhere", "command": ["/elsewhere/env/bin/neural-style"]}
    (patient.plugin / "install.json").write_text(json.dumps(record))
    assert "belongs to another installation, /elsewhere" in the_one(complaints()).sentence


def test_packages_that_gimps_python_cannot_load(patient: Patient, complaints: Complaints) -> None:
    patient.make_program(
        "system-python", "case \"$3\" in *msgpack*) echo 'No msgpack' >&2; exit 1;; esac\necho yes"
    )
    assert "cannot load the packages" in the_one(complaints()).sentence


def test_a_bridge_that_does_not_work(patient: Patient, complaints: Complaints) -> None:
    patient.make_program("neural-style", "echo No such command >&2; exit 2")
    (finding,) = (finding for finding in complaints() if finding.part == "link")
    assert finding.level == "problem"
    assert "The bridge to the daemon ended unexpectedly. No such command" in finding.sentence
    assert finding.next_step == INSTALL


def test_each_kind_of_link_is_told_and_the_direct_one_needs_zeromq(
    patient: Patient, complaints: Complaints
) -> None:
    sentences = {f.sentence for f in examine(patient.home) if f.part == "link"}
    assert sentences == {f"The plug-in uses the bridge, and it works ({patient.bin}/neural-style)."}
    (patient.folder / ".local/share/flatpak/app/org.gimp.GIMP").mkdir(parents=True)
    patient.make_program("flatpak", "echo Version: 3.0.4")
    sentences = {f.sentence for f in examine(patient.home) if f.part == "link"}
    assert "GIMP 3.0.4 (Flatpak) has a direct link to the daemon: it cannot start the bridge." in (
        sentences
    )
    assert "vendor lacks zmq" in the_one(complaints()).sentence


def test_a_system_without_gimps_bindings(patient: Patient, complaints: Complaints) -> None:
    patient.make_program("system-python", "case \"$3\" in *'import gi'*) exit 1;; esac\necho yes")
    assert "python3-gi" in the_one(complaints()).next_step


def test_a_gimp_that_does_not_load_the_plugin(patient: Patient, complaints: Complaints) -> None:
    patient.make_gimp(loads_the_plugin=False)
    assert the_one(complaints()).sentence == (
        "GIMP 3.0.4 (distribution) does not load the plug-in."
    )


def test_the_command_shows_each_part_and_fails_where_there_is_a_problem(patient: Patient) -> None:
    assert CliRunner().invoke(commands, ["doctor"]).output.count("✓") >= 8
    (patient.plugin / "neural-style.py").chmod(0o644)
    broken = CliRunner().invoke(commands, ["doctor"], standalone_mode=False)
    assert broken.return_value == 1
    assert "  → chmod +x" in broken.output
    mended = CliRunner().invoke(commands, ["doctor", "--fix"], standalone_mode=False)
    assert mended.return_value == 0
    assert "Put right." in mended.output
    plain = CliRunner().invoke(commands, ["doctor", "--json"])
    assert {finding["level"] for finding in json.loads(plain.output)} == {"ok"}


def test_a_report_holds_no_name_and_no_key(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "margaret")
    monkeypatch.setattr(socket, "gethostname", lambda: "kitchen")
    write_connection(patient.home)
    patient.home.logs.mkdir()
    log = f"margaret on kitchen opened {patient.folder}/secret.jpg with {KEY}\n"
    (patient.home.logs / "daemon.log").write_text(log)
    text = report_text([Finding("home", "ok", f"{patient.home.root}")], patient.home)
    assert "(user) on (host) opened ~/secret.jpg with (a key)" in text
    assert not any(word in text for word in ("margaret", "kitchen", KEY, str(patient.folder)))


def test_a_report_of_a_user_whom_the_system_does_not_know(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container that runs under a number, say."""

    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert "all is well" in report_text([Finding("home", "ok", "all is well")], patient.home)


@pytest.fixture(params=["3.0", "3.2"])
def real_gimp(request: pytest.FixtureRequest, patient: Patient) -> str:
    """A real GIMP in place of the one that only answers."""
    root = find(request.param)
    if root is None:
        pytest.skip(f"GIMP {request.param} is not here: run ./install.sh --test")
    home = {"HOME": str(patient.folder), "PATH": "/usr/bin:/bin"}
    words = root.command([patient.folder], home)
    quoted = " ".join(f"'{word}'" for word in words)
    patient.make_program("gimp-console", f'exec {quoted} gimp-console "$@"')
    if request.param != "3.0":
        patient.config.rename(patient.config.with_name(request.param))
    return request.param


@pytest.mark.gimp
@pytest.mark.timeout(240)
def test_a_real_gimp_is_asked(patient: Patient, complaints: Complaints, real_gimp: str) -> None:
    plugin = patient.config.with_name(real_gimp) / "plug-ins" / "neural-style"
    source = Path(__file__).parents[2] / "gimp_plugin" / "neural-style"
    shutil.copytree(
        source, plugin, dirs_exist_ok=True, ignore=shutil.ignore_patterns("vendor", "__pycache__")
    )
    sentences = [finding.sentence for finding in examine(patient.home)]
    assert any(f"GIMP {real_gimp}" in s and s.endswith("loads the plug-in.") for s in sentences)
    assert complaints() == []
    script = plugin / "neural-style.py"
    script.write_text("#!/usr/bin/python3\nraise SystemExit(1)\n")
    later = time.time() + 60  # GIMP asks a plug-in again only when its file is newer
    os.utime(script, (later, later))
    assert "does not load the plug-in" in the_one(complaints()).sentence
