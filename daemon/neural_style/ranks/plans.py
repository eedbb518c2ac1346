"""How each scale is computed: in the same arithmetic and by the same plan in all ranks."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch

from neural_style.engine.network.arithmetic import QUESTION, fastest_arithmetic
from neural_style.engine.network.networks import Networks
from neural_style.engine.network.notes import Notes
from neural_style.engine.network.vgg import Vgg
from neural_style.engine.picture.resize import Size
from neural_style.engine.plan.execution_plan import ExecutionPlan
from neural_style.engine.plan.memory import free_memory, release_memory
from neural_style.engine.plan.planner import usable
from neural_style.engine.recipe import Recipe, Scale
from neural_style.ranks.costs import memory_at, part_of, plans_at
from neural_style.ranks.group import Group
from neural_style.ranks.run import Work
from neural_style_protocol.errors import WorkerError
from neural_style_protocol.phrases import Amount

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Chosen:
    """How one scale is computed: ``plan`` is at ``place`` in the list of the scale's plans."""

    plan: ExecutionPlan
    place: int


def networks_for(
    tensors: Mapping[str, torch.Tensor], recipe: Recipe, group: Group
) -> tuple[Networks, str]:
    """The networks, in the first rank's arithmetic, and that arithmetic in words.

    On a processor, what is fastest is measured by the first rank alone.

    Raises:
        WorkerError: the ranks' graphics cards compute in different arithmetic.
    """
    notes: Notes = {}
    if group.device == CPU and recipe.precision == "fastest":
        notes[QUESTION] = group.told_by_first("arithmetic", partial(_measured, notes))
    networks = Networks(tensors, notes)
    own = str(networks.arithmetic(recipe.precision, group.device))
    first = group.told_by_first("words for the arithmetic", lambda: own)

    def check() -> None:
        if own != first:
            raise WorkerError(
                "Rank {rank} on {host} would compute in another arithmetic ({own}) than the first "
                "one ({first}).",
                next_step="Use graphics cards of one kind, or give --device cpu.",
                rank=group.share.rank,
                host=socket.gethostname(),
                own=own,
                first=first,
            )

    group.together("the same arithmetic", check)
    return networks, own


def _measured(notes: Notes) -> str:
    fastest_arithmetic(CPU, notes)
    return notes.get(QUESTION) or ""


def free_here(group: Group) -> int:
    """Bytes that this rank may take: the ranks of one host share the processor's memory."""
    release_memory(group.device)
    free = free_memory(group.device)
    return free // int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if group.device == CPU else free


def chosen_plans(
    work: Work, vgg: Vgg, group: Group, stored: tuple[int, int] | None = None
) -> dict[Size, Chosen]:
    """For each scale's size, the fastest plan that fits in all ranks.

    Args:
        stored: a scale and its plan's place in a checkpoint; a leaner one is taken if need be.

    Raises:
        WorkerError: a rank cannot hold its part of a scale.
    """
    free = free_here(group)
    chosen = {}
    for number, scale in enumerate(work.recipe.scales):
        plans = plans_at(work, scale, group.device)
        least = stored[1] if stored and stored[0] == number else 0
        fitting = partial(_first_that_fits, work, scale, plans, vgg, free, group)
        own = max(least, group.together(f"plan {number}", fitting))
        place = int(group.share.largest(torch.tensor([float(own)])).item())
        chosen[scale.size] = Chosen(plans[place], place)
    return chosen


def _first_that_fits(
    work: Work, scale: Scale, plans: list[ExecutionPlan], vgg: Vgg, free: int, group: Group
) -> int:
    needed = [memory_at(work, scale, plan, vgg.dtype) for plan in plans]
    for place, bytes_ in enumerate(needed):
        if bytes_ <= usable(free):
            return place
    height, width = part_of(work, scale)
    raise WorkerError(
        "Rank {rank} on {host} cannot hold its band of {width} × {height} pixels, which takes "
        "about {amount}. {free} are free for it, and {usable} of them can be used.",
        next_step="Start more ranks on other hosts or cards, choose a smaller --size, or close "
        "other programs.",
        rank=group.share.rank,
        host=socket.gethostname(),
        width=width,
        height=height,
        amount=Amount(min(needed)),
        free=Amount(free),
        usable=Amount(usable(free)),
    )
