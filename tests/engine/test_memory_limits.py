"""Limits that are lower than the machine's memory: of a container, of a service, of a shell."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import torch

from neural_style.engine.plan import memory
from neural_style.engine.plan.memory import free_memory, is_out_of_memory
from neural_style.engine.plan.memory_limits import memory_left_in_limits

GIGABYTE = 10**9


class Groups:
    """A made-up hierarchy of control groups, and this process's place in it."""

    def __init__(self, folder: Path) -> None:
        self.own = folder / "own"
        self.mounted = folder / "cgroup"
        self.mounted.mkdir()

    def place(self, *lines: str) -> None:
        self.own.write_text("".join(f"{line}\n" for line in lines))

    def group(self, path: str, **files: object) -> None:
        folder = self.mounted / path
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in files.items():
            (folder / name.replace("__", ".")).write_text(f"{value}\n")

    def room(self) -> list[int]:
        return memory_left_in_limits(self.own, self.mounted)


@pytest.fixture
def groups(tmp_path: Path) -> Groups:
    return Groups(tmp_path)


def test_without_limits_there_is_none(groups: Groups) -> None:
    assert groups.room() == []
    groups.place("0::/")
    assert groups.room() == []
    groups.place("0::/user/app")
    groups.group("user/app", memory__max="max", memory__current=5)
    assert groups.room() == []


def test_every_group_above_counts_and_cached_files_do_not(groups: Groups) -> None:
    groups.place("0::/user/app")
    groups.group("user/app", memory__max=4 * GIGABYTE, memory__current=GIGABYTE)
    groups.group("user", memory__max=3 * GIGABYTE, memory__current=2 * GIGABYTE)
    assert sorted(groups.room()) == [GIGABYTE, 3 * GIGABYTE]
    groups.group("user", memory__stat=f"anon 7\ninactive_file {GIGABYTE // 2}")
    assert sorted(groups.room()) == [3 * GIGABYTE // 2, 3 * GIGABYTE]


def test_the_older_hierarchy_is_read_too(groups: Groups) -> None:
    groups.place("4:cpu:/x", "3:memory,hugetlb:/box", "0::/")
    groups.group("memory/box", memory__limit_in_bytes=2 * GIGABYTE, memory__usage_in_bytes=GIGABYTE)
    assert groups.room() == [GIGABYTE]


def test_a_group_that_is_over_its_limit_leaves_nothing(groups: Groups) -> None:
    groups.place("0::/a")
    groups.group("a", memory__max=5, memory__current=9)
    assert groups.room() == [0]


@pytest.mark.parametrize("text", ["", "nonsense", "1:2", "0::/a"])
def test_what_cannot_be_read_is_no_limit(groups: Groups, text: str) -> None:
    groups.own.write_text(text)
    groups.group("a", memory__max="much", memory__current="")
    assert groups.room() == []


@pytest.fixture
def address_space() -> Iterator[int]:
    """A gigabyte more than there is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = psutil.Process().memory_info().vms + GIGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    yield limit
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.mark.usefixtures("address_space")
def test_the_limit_of_a_shell_counts(groups: Groups) -> None:
    (room,) = groups.room()
    assert 0.8 * GIGABYTE < room <= GIGABYTE


def test_free_memory_is_what_the_lowest_limit_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory_left_in_limits", lambda: [7, 5, 10**18])
    assert free_memory(torch.device("cpu")) == 5
    monkeypatch.setattr(memory, "memory_left_in_limits", lambda: [10**18])
    assert 5 < free_memory(torch.device("cpu")) < 10**18


@pytest.mark.parametrize(
    "words", ["std::bad_alloc", "could not create a primitive", "can't allocate memory: you tried"]
)
def test_each_librarys_words_for_it_are_known(words: str) -> None:
    assert is_out_of_memory(RuntimeError(words))
    assert not is_out_of_memory(ValueError(words))
