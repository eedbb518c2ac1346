"""What one rank cannot do, all hear of, and the first one says it."""

from __future__ import annotations

import threading
import time

import pytest
import torch
import torch.distributed

from neural_style.engine.share import Share
from neural_style.ranks import group as group_module
from neural_style.ranks.group import NEEDED, Group, joined
from neural_style_protocol.errors import InputError, NeuralStyleError, SettingsError
from threads_sharing import side_by_side

CPU = torch.device("cpu")


class Pinboard:
    """The store of several threads."""

    def __init__(self) -> None:
        self._said: dict[str, bytes] = {}
        self._new = threading.Condition()

    def set(self, name: str, words: str, /) -> None:
        with self._new:
            self._said[name] = words.encode()
            self._new.notify_all()

    def get(self, name: str, /) -> bytes:
        with self._new:
            assert self._new.wait_for(lambda: name in self._said, timeout=30)
            return self._said[name]

    def check(self, names: list[str], /) -> bool:
        return all(name in self._said for name in names)


def test_an_error_of_one_rank_is_raised_in_all_of_them() -> None:
    store = Pinboard()

    def refused(share: Share) -> tuple[str, int, bool]:
        group = Group(share, CPU, store)

        def work() -> int:
            if share.rank == 1:
                raise InputError("{name} is missing.", next_step="Find it.", name="photo.tif")
            time.sleep(0.01)
            return share.rank

        with pytest.raises(NeuralStyleError) as caught:
            group.together("reading", work)
        return str(caught.value), caught.value.exit_status, group.speaks

    found = side_by_side(3, refused)
    assert found == [("photo.tif is missing. Find it.", 3, rank == 0) for rank in range(3)]


def test_each_rank_gets_what_it_made_and_what_the_first_says() -> None:
    store = Pinboard()

    def agreed(share: Share) -> tuple[int, str]:
        group = Group(share, CPU, store)
        return group.together("made", lambda: share.rank), group.told_by_first(
            "said", lambda: f"of {share.rank}"
        )

    assert side_by_side(3, agreed) == [(rank, "of 0") for rank in range(3)]


def test_the_first_rank_finds_the_last_words_of_another() -> None:
    store = Pinboard()
    first, second = (Group(share, CPU, store) for share in side_by_side(2, lambda share: share))
    assert first.last_words() is None
    second.leave_word(InputError("It broke {apart}.", next_step="Glue it.", apart="{apart}"))
    words = first.last_words()
    assert words is not None
    assert (str(words), words.exit_status) == ("It broke {apart}. Glue it.", 3)


def test_without_torchrun_the_next_step_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NEEDED:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError, match="must be started by torchrun") as caught, joined("cpu"):
        pass
    assert "torchrun --nproc-per-node" in caught.value.next_step


@pytest.mark.parametrize("name", ["mps", "cuda:1"])
def test_a_device_that_ranks_cannot_divide_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for each, value in zip(NEEDED, ("0", "1", "0", "localhost", "1"), strict=True):
        monkeypatch.setenv(each, value)
    with pytest.raises(SettingsError, match=name), joined(name):
        pass


def test_more_ranks_than_cards_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for each, value in zip(NEEDED, ("0", "2", "0", "localhost", "1"), strict=True):
        monkeypatch.setenv(each, value)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(SettingsError, match="2 ranks on this host, but it has 1"), joined("cuda"):
        pass


def test_a_try_has_a_name_of_its_own_on_one_host_and_on_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = torch.distributed.HashStore()
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "3")
    assert group_module._try(store, 0, 2) == group_module._try(store, 1, 2) == "try 3"
    # Two hosts: what each of them has counted may differ.
    names = []
    for counted in ("0", "1"):
        for rank in range(4):
            monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", counted if rank > 1 else "0")
            names.append(group_module._try(store, rank, 4))
    assert names == ["meeting 1"] * 4 + ["meeting 2"] * 4
