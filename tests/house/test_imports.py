"""Imports go one way: plug-in → protocol ← service → jobstore ← worker → engine."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROTOCOL = ROOT / "shared" / "neural_style_protocol"
DAEMON = ROOT / "daemon" / "neural_style"
PLUGIN = ROOT / "gimp_plugin" / "neural-style"

PREFIX = "neural_style."
STDLIB = frozenset(sys.stdlib_module_names)

ALLOWED_IN_PROTOCOL = STDLIB | {"zmq", "msgpack", "neural_style_protocol"}
ALLOWED_IN_PLUGIN = ALLOWED_IN_PROTOCOL | {"gi"} | {path.stem for path in PLUGIN.glob("*.py")}
BEFORE_AN_ENVIRONMENT = ("asking", "gimp_places", "gimps", "plugin_copies", "sample_picture")
ALLOWED_BEFORE_AN_ENVIRONMENT = STDLIB | {f"{PREFIX}{name}" for name in BEFORE_AN_ENVIRONMENT}
ALLOWED_IN_INSTALLER = ALLOWED_BEFORE_AN_ENVIRONMENT | {"install", "neural_style_protocol"}
ALLOWED_WHERE_GIMP_REGISTERS = STDLIB | {"gi", "installation", "words"}


def imports(path: Path, *, at_top: bool = False) -> set[str]:
    """The modules that a file imports, dotted; ``at_top`` leaves out those inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body if at_top else ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by a relative name"
            module = node.module or ""
            found.update({module} | {f"{module}.{alias.name}" for alias in node.names})
    return found


def strangers(path: Path, allowed: frozenset[str] | set[str], *, at_top: bool = False) -> set[str]:
    """What ``path`` imports that neither is in ``allowed`` nor lies inside it."""

    def is_allowed(module: str) -> bool:
        parts = module.split(".")
        return any(".".join(parts[:end]) in allowed for end in range(1, len(parts) + 1))

    modules = imports(path, at_top=at_top)
    outside = {module for module in modules if not is_allowed(module)}
    # ``from neural_style import gimps`` gives two names, of which only the longer one says what.
    return {m for m in outside if not any(o.startswith(f"{m}.") for o in modules)}


def modules_of(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*.py") if "vendor" not in path.parts)


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [
        (PROTOCOL, ALLOWED_IN_PROTOCOL),
        (PLUGIN, ALLOWED_IN_PLUGIN),
        (ROOT / "install", ALLOWED_IN_INSTALLER | {"scripts"}),
        (ROOT / "scripts", ALLOWED_IN_INSTALLER | {"scripts"}),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_a_room_imports_only_what_it_may(folder: Path, allowed: frozenset[str]) -> None:
    files = list(modules_of(folder))
    assert files
    found = {str(path.relative_to(ROOT)): strangers(path, allowed) for path in files}
    assert {name: modules for name, modules in found.items() if modules} == {}


def test_the_installer_works_without_the_developers_tools() -> None:
    """Only its options know them, and import them when one of theirs is given."""
    users = {
        path.name
        for path in modules_of(ROOT / "install")
        if any(module.split(".")[0] == "scripts" for module in imports(path))
    }
    assert users == {"cli.py"}
    assert strangers(ROOT / "install" / "cli.py", ALLOWED_IN_INSTALLER, at_top=True) == set()


@pytest.mark.parametrize("name", BEFORE_AN_ENVIRONMENT)
def test_what_the_installer_uses_needs_the_standard_library_alone(name: str) -> None:
    assert strangers(DAEMON / f"{name}.py", ALLOWED_BEFORE_AN_ENVIRONMENT) == set()


def test_gimp_registers_the_plugin_with_nothing_but_gi() -> None:
    script = PLUGIN / "neural-style.py"
    assert strangers(script, ALLOWED_WHERE_GIMP_REGISTERS, at_top=True) == set()


def test_the_plugin_loads_nothing_but_gi_and_msgpack_with_the_bridge() -> None:
    """What its modules import at their tops, where ZeroMQ and all of another system is missing."""
    needed = sorted(
        {
            module
            for path in modules_of(PLUGIN)
            for module in imports(path, at_top=True)
            if module.startswith("neural_style_protocol.")
        }
    )
    code = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(('zmq', 'fcntl', 'psutil', 'filelock')))\n"
        "import importlib\n"
        f"for name in {needed!r}:\n"
        "    package, _, part = name.rpartition('.')\n"
        "    if not hasattr(importlib.import_module(package), part):\n"
        "        importlib.import_module(name)\n"
        "import neural_style_protocol.bridge.connecting\n"
        "outside = {name.split('.')[0] for name in sys.modules if sys.modules[name]}\n"
        "print(sorted(outside & {'zmq', 'fcntl', 'psutil', 'filelock', 'numpy'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
    assert "neural_style_protocol.client" in needed


def test_the_engine_knows_no_one_outside_itself() -> None:
    for path in modules_of(DAEMON / "engine"):
        ours = {m for m in imports(path) if m.startswith("neural_style")}
        # The table of VGG-19's layers is shared by the weights' conversion and the network.
        allowed = ("neural_style.engine", "neural_style.weights.layers", "neural_style_protocol")
        assert {m for m in ours - {"neural_style"} if not m.startswith(allowed)} == set(), path


ENGINE_FLOORS = (
    {"share"},
    {"picture", "network", "minimise"},
    {"terms"},
    {"recipe", "losses", "checks", "task"},
    {"presets", "plan"},
    {"objective"},
    {"calibrate", "scale_run"},
    {"starting"},
    {"run"},
    {"stylizer"},
)
"""The engine's rooms and files, from the ground up: each may use its own floor and those below."""


def test_the_engines_rooms_stand_on_one_another() -> None:
    floors = {name: floor for floor, names in enumerate(ENGINE_FLOORS) for name in names}
    wrong = []
    for path in modules_of(DAEMON / "engine"):
        place = path.relative_to(DAEMON / "engine").parts[0].removesuffix(".py")
        if place == "__init__":
            continue
        for module in imports(path):
            parts = module.split(".")
            if module.startswith("neural_style.engine.") and floors[parts[2]] > floors[place]:
                wrong.append(f"{path.name}: {module}")
    assert wrong == []


@pytest.mark.parametrize("special", ["int8", "winograd"])
def test_in_the_network_only_the_choice_knows_special_arithmetic(special: str) -> None:
    """The choice is two files: one finds the fastest, the other loads it."""
    outside = [path for path in modules_of(DAEMON / "engine") if special not in path.parts]
    module = f"neural_style.engine.network.{special}"
    knowing = {path.name for path in outside if any(m.startswith(module) for m in imports(path))}
    assert knowing == {"arithmetic.py", "networks.py"}


def test_only_the_worker_and_ranks_import_the_engine() -> None:
    for path in modules_of(DAEMON):
        room = path.relative_to(DAEMON).parts[0]
        if room in {"engine", "worker", "ranks"}:
            continue
        assert not any(m.startswith("neural_style.engine") for m in imports(path)), path


@pytest.mark.parametrize(
    ("room", "others"),
    [
        ("service", {"worker", "engine", "cli"}),
        ("worker", {"service", "cli"}),
        ("jobstore", {"service", "worker", "engine", "cli"}),
        ("batch", {"service", "jobstore", "engine", "cli"}),
    ],
)
def test_service_and_worker_meet_in_the_jobstore_alone(room: str, others: set[str]) -> None:
    for path in modules_of(DAEMON / room):
        ours = {module.split(".")[1] for module in imports(path) if module.startswith(PREFIX)}
        assert not ours & others, path


@pytest.mark.parametrize(("module", "file"), [("av", "clips"), ("cv2", "flow")])
def test_an_optional_package_is_asked_for_in_one_file(module: str, file: str) -> None:
    """By name, so that its absence is a sentence; the runner of frames asks before it begins."""
    wanted = f'needed("{module}")'
    users = {p.stem for p in modules_of(DAEMON) if wanted in p.read_text(encoding="utf-8")}
    assert users - {"frames"} == {file}
    importers = [path for path in modules_of(DAEMON) if module in imports(path)]
    assert importers == []


def test_the_video_room_knows_neither_the_engine_nor_the_service() -> None:
    for path in modules_of(DAEMON / "video"):
        ours = {module.split(".")[1] for module in imports(path) if module.startswith(PREFIX)}
        assert ours <= {"video", "picture_files"}, path


def test_only_ranks_speak_with_other_processes_by_torch() -> None:
    speaking = {
        path.relative_to(DAEMON).parts[0]
        for path in modules_of(DAEMON)
        if any(module.startswith("torch.distributed") for module in imports(path))
    }
    assert speaking == {"ranks"}


def test_only_one_file_knows_ray() -> None:
    """And the daemon's own processes do not know that file."""
    knowing = {
        path.relative_to(DAEMON).as_posix()
        for path in modules_of(DAEMON)
        if any(module.split(".")[0] == "ray" for module in imports(path))
    }
    assert knowing == {"batch/on_ray.py"}
    for room in ("service", "worker", "jobstore", "engine", "bridge"):
        for path in modules_of(DAEMON / room):
            assert not any(m.startswith("neural_style.batch") for m in imports(path)), path


LARGE = ("torch", "numpy", "PIL", "click", "rich")


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("neural_style_protocol", (*LARGE, "neural_style")),
        ("neural_style.service", LARGE),
        ("neural_style.jobstore", LARGE),
        ("neural_style.bridge", LARGE),
        ("neural_style.cli", ("torch",)),
        ("neural_style.batch", ("torch", "click", "rich", "ray")),
    ],
)
def test_what_is_large_stays_out_of_the_service_and_the_command(
    module: str, unwanted: tuple[str, ...]
) -> None:
    code = f"import sys, pkgutil, importlib, {module} as p\n"
    code += "for m in pkgutil.walk_packages(p.__path__, p.__name__ + '.'):\n"
    code += "    importlib.import_module(m.name)\n"
    code += f"print({set(unwanted)} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")
