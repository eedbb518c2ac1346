"""The processes that ``torchrun`` has started, as a group whose members can speak."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from neural_style.engine.share import WHOLE, Share, Spans
from neural_style_protocol.errors import (
    NeuralStyleError,
    SettingsError,
    WorkerError,
    error_from_code,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = timedelta(hours=2)
"""How long a process waits for another, which may be slower by as much in a part of the work."""

PATIENCE_TO_MEET = timedelta(minutes=10)
"""How long a process waits for the others to start."""

NEEDED = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
"""What ``torchrun`` tells each process."""


class RankLost(WorkerError):
    """Another process of this picture has ended."""

    code = "rank-lost"
    default_next_step = (
        "Run the same command again: it goes on from the last checkpoint, also with another number "
        "of ranks."
    )


class _Distributed:
    """A :class:`~neural_style.engine.share.Share` among processes.

    Args:
        wire: where tensors must be so that they can be sent.

    Attributes:
        sent: bytes that this process has sent to others, for sums those that a ring needs.
    """

    def __init__(self, rank: int, count: int, wire: torch.device) -> None:
        self.rank, self.count = rank, count
        self.sent = 0.0
        self._wire = wire

    def total(self, sums: Tensor) -> Tensor:
        return self._reduced(sums, dist.ReduceOp.SUM)

    def largest(self, values: Tensor) -> Tensor:
        return self._reduced(values, dist.ReduceOp.MAX)

    def _reduced(self, values: Tensor, operation: dist.ReduceOp.RedOpType) -> Tensor:
        # Not every backend adds half precision.
        wide = torch.promote_types(values.dtype, torch.float32)
        dtype = wide if values.dtype.is_floating_point else values.dtype
        together = values.detach().to(self._wire, dtype, copy=True).contiguous()
        with _others_may_be_lost():
            dist.all_reduce(together, operation)
        self.sent += 2 * (self.count - 1) / self.count * _bytes(together)
        return together.to(values.device, values.dtype)

    def complete(self, maps: Tensor, owned: Spans, needed: Spans) -> Tensor:
        mine = needed[self.rank]
        found = _empty_like(maps, len(mine))
        both = owned[self.rank].common(mine)
        found[..., both.within(mine), :] = maps[..., both.within(owned[self.rank]), :]
        for part, rows in self._exchanged(maps, owned, needed):
            found[..., rows, :] = part
        return found

    def give_back(self, maps: Tensor, needed: Spans, owned: Spans) -> Tensor:
        mine = owned[self.rank]
        found = _empty_like(maps, len(mine)).zero_()
        both = needed[self.rank].common(mine)
        found[..., both.within(mine), :] = maps[..., both.within(needed[self.rank]), :]
        for part, rows in self._exchanged(maps, needed, owned):
            found[..., rows, :] += part
        return found

    def _exchanged(self, maps: Tensor, has: Spans, gets: Spans) -> Iterator[tuple[Tensor, slice]]:
        """What the others have of the rows that this process gets, and where those rows are."""
        orders, arrived = [], []
        for other in range(self.count):
            if other == self.rank:
                continue
            away, here = has[self.rank].common(gets[other]), has[other].common(gets[self.rank])
            if len(away):
                part = maps[..., away.within(has[self.rank]), :].movedim(-2, 0)
                packed = part.contiguous().to(self._wire)
                orders.append(dist.P2POp(dist.isend, packed, other))
                self.sent += _bytes(packed)
            if len(here):
                shape = (len(here), *maps.shape[:-2], maps.shape[-1])
                room = torch.empty(shape, dtype=maps.dtype, device=self._wire)
                orders.append(dist.P2POp(dist.irecv, room, other))
                arrived.append((room, here.within(gets[self.rank])))
        with _others_may_be_lost():
            for order in dist.batch_isend_irecv(orders) if orders else ():
                order.wait()
        for room, rows in arrived:
            yield room.to(maps.device).movedim(0, -2), rows


class Words(Protocol):
    """What all processes can read and write, by name; PyTorch's store."""

    def set(self, name: str, words: str, /) -> None: ...

    def get(self, name: str, /) -> bytes:
        """Waits until it is there."""

    def check(self, names: list[str], /) -> bool: ...


@dataclass(frozen=True)
class Group:
    """The processes of one picture.

    Attributes:
        share: this process's share.
        device: where this process computes.
        store: what all of them can read and write, by name.
    """

    share: Share
    device: torch.device
    store: Words

    @property
    def speaks(self) -> bool:
        """Whether this process is the one that says something to the user."""
        return self.share.rank == 0

    def together(self, name: str, work: Callable[[], T]) -> T:
        """What ``work`` returns here, if it fails in no process.

        Args:
            name: another one for each call.

        Raises:
            NeuralStyleError: it failed in some process; the first one's error, in all of them.
        """
        own: NeuralStyleError | None = None
        result: T | None = None
        try:
            result = work()
        except NeuralStyleError as error:
            own = error
        with _others_may_be_lost():
            self.store.set(f"{name} {self.share.rank}", _told(own))
            for rank in range(self.share.count):
                told = self.store.get(f"{name} {rank}").decode()
                if told and rank == self.share.rank and own is not None:
                    raise own
                if told:
                    raise _heard(told)
        assert result is not None or own is None
        return result  # type: ignore[return-value]

    def told_by_first(self, name: str, words: Callable[[], str]) -> str:
        """What the first process says, in all of them."""
        said = words() if self.speaks else ""
        with _others_may_be_lost():
            if self.speaks:
                self.store.set(name, said)
            return self.store.get(name).decode()

    def leave_word(self, error: NeuralStyleError) -> None:
        """Let the first process say why this one ends."""
        with contextlib.suppress(RuntimeError):
            self.store.set("last words", _told(error))

    def last_words(self) -> NeuralStyleError | None:
        """Why another process has ended, if it could say."""
        with contextlib.suppress(RuntimeError):
            if self.store.check(["last words"]):
                return _heard(self.store.get("last words").decode())
        return None


@contextlib.contextmanager
def joined(device: str) -> Iterator[Group]:
    """The group of this process, as long as the block lasts.

    Args:
        device: ``auto`` for a graphics card of its own if there are enough, ``cuda`` or ``cpu``.

    Raises:
        SettingsError: ``torchrun`` has not started this process, or there are too few cards.
        RankLost: another process ended.
    """
    missing = [name for name in NEEDED if name not in os.environ]
    if missing:
        raise SettingsError(
            "This command must be started by torchrun.",
            next_step="Run `torchrun --nproc-per-node 2 -m neural_style.ranks CONTENT --style "
            "STYLE -o OUTPUT.tif`, with as many processes as there are graphics cards.",
        )
    rank, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    chosen = _device(device)
    on_cards = chosen.type == "cuda"
    with _others_may_be_lost():
        found, _, _ = next(iter(rendezvous("env://", rank, count, timeout=PATIENCE_TO_MEET)))
        store = PrefixStore(_try(found, rank, count), found)
        store.set(f"device {rank}", chosen.type)
        if {store.get(f"device {other}").decode() for other in range(count)} != {chosen.type}:
            raise SettingsError(
                "Some ranks have a graphics card of their own, and others have none.",
                next_step="Give --device cpu, or leave out the hosts without enough cards.",
            )
        dist.init_process_group(
            "nccl" if on_cards else "gloo",
            store=store,
            rank=rank,
            world_size=count,
            timeout=PATIENCE,
        )
        store.set_timeout(PATIENCE)
    wire = chosen if on_cards else torch.device("cpu")
    try:
        alone = WHOLE if count == 1 else None
        yield Group(alone or _Distributed(rank, count, wire), chosen, store)
    finally:
        # After an error, the others' connections may be broken in any way.
        with contextlib.suppress(RuntimeError):
            dist.destroy_process_group()


def _try(store: Store, rank: int, count: int) -> str:
    """Which try this is, in words that all ranks find alike.

    After a lost rank torchrun starts all anew, and the store may still have what was said before.
    On one host torchrun counts the tries. On several hosts each counts those that it noticed first,
    so there each rank counts how often it has come to this store.
    """
    if os.environ.get("LOCAL_WORLD_SIZE", str(count)) == str(count):
        return f"try {os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}"
    return f"meeting {store.add(f'rank {rank} has come', 1)}"


def _device(name: str) -> torch.device:
    """The device of this process: the processor, or the card with its number on this host."""
    if name not in {"auto", "cpu", "cuda"}:
        raise SettingsError(
            "The device {name} cannot be chosen for ranks.",
            next_step="Choose `auto`, `cpu` or `cuda`.",
            name=name,
        )
    place, here = int(os.environ["LOCAL_RANK"]), int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    cards = torch.cuda.device_count() if name != "cpu" and torch.cuda.is_available() else 0
    if name == "cuda" and cards < here:
        raise SettingsError(
            "There are {here} ranks on this host, but it has {cards} graphics cards.",
            next_step="Start as many ranks as there are cards, with --nproc-per-node.",
            here=here,
            cards=cards,
        )
    if cards < here:
        return torch.device("cpu")
    torch.cuda.set_device(place)
    return torch.device("cuda", place)


@contextlib.contextmanager
def _others_may_be_lost() -> Iterator[None]:
    """Make an error of the connection one that a user can read."""
    try:
        yield
    except NeuralStyleError:
        raise
    except (RuntimeError, ConnectionError) as problem:
        log.debug("the connection to another rank", exc_info=problem)
        raise RankLost("Another rank of this picture was lost.") from problem


def _empty_like(maps: Tensor, rows: int) -> Tensor:
    """Room for so many rows, in the layout of ``maps``."""
    shape = (*maps.shape[:-2], rows, maps.shape[-1])
    layout = torch.contiguous_format
    if maps.ndim == 4 and maps.is_contiguous(memory_format=torch.channels_last):
        layout = torch.channels_last
    return torch.empty(shape, dtype=maps.dtype, device=maps.device, memory_format=layout)


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _told(error: NeuralStyleError | None) -> str:
    """An error as words for the store; empty for none."""
    if error is None:
        return ""
    return json.dumps([error.code, error.sentence, error.next_step])


def _heard(told: str) -> NeuralStyleError:
    """The error of another process."""
    code, sentence, advice = json.loads(told)
    values = {"sentence": sentence, "advice": advice}
    return error_from_code(code, "{sentence}", "{advice}", values)
