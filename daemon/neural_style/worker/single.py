"""Paints one picture after another in this process, without a service."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from neural_style import weights
from neural_style.engine import Stylizer
from neural_style.engine.plan.devices import is_device_failure
from neural_style.engine.plan.shares import Shares
from neural_style.jobstore.worker_messages import Run
from neural_style.worker.faces import FaceFinder
from neural_style.worker.machine_notes import MachineNotes
from neural_style.worker.pictures import picture_of
from neural_style.worker.process import DEVICE_LOST_STATUS
from neural_style.worker.runner import task_of
from neural_style_protocol import events
from neural_style_protocol.client_messages import ImageOffer
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.losses import Losses
from neural_style_protocol.paths import Home
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

Answer = TypeVar("Answer")


class SinglePainter:
    """One network on one device, loaded when it is first needed.

    An error that a user can meet is returned as the message that carries it, because an exception
    loses its values on the way to another process.

    Args:
        threads: of the processor.
        beside: how many such painters share this machine's memory.
    """

    def __init__(self, threads: int, beside: int) -> None:
        self._shares = Shares(beside, 1)
        self._threads = threads
        self._faces = FaceFinder()
        self._loaded: dict[tuple[str, str], Stylizer] = {}

    def arithmetic(self, settings: Settings) -> str | ErrorReply:
        """The name of the arithmetic that is chosen for ``settings`` here."""
        return _answered(lambda: self._stylizer(settings).arithmetic(settings))

    def paint(
        self, pictures: Sequence[tuple[str, Picture, float]], settings: Settings, arithmetic: str
    ) -> events.Finished | ErrorReply:
        """The painted picture; ``pictures`` have their roles and weights.

        If the graphics card fails, this process ends: the card works again in the next, if at all.
        """
        try:
            return _answered(lambda: self._painted(pictures, settings, arithmetic))
        except RuntimeError as problem:
            if is_device_failure(problem):
                os._exit(DEVICE_LOST_STATUS)
            raise

    def _painted(
        self, pictures: Sequence[tuple[str, Picture, float]], settings: Settings, arithmetic: str
    ) -> events.Finished:
        offers = tuple(ImageOffer(role, picture.spec, weight) for role, picture, weight in pictures)
        run = Run("", "", settings.to_dict(), offers, arithmetic=arithmetic)
        task, content = task_of(run, [picture for _, picture, _ in pictures], settings, self._faces)
        stylizer = self._stylizer(settings)
        began = time.monotonic()
        outcome = stylizer.stylize(task, lambda progress, render: True)
        return events.Finished(
            job="",
            picture=picture_of(outcome.image, content.alpha, pictures[0][1].dtype),
            ending=outcome.ending,
            steps=outcome.steps,
            elapsed=time.monotonic() - began,
            losses=Losses(dict(outcome.losses.terms), outcome.losses.total),
        )

    def _stylizer(self, settings: Settings) -> Stylizer:
        key = settings.weights, settings.device
        if key not in self._loaded:
            torch.set_num_threads(self._threads)
            home = Home.find()
            made = Stylizer(
                weights.ensure(home.weights, settings.weights),
                device=settings.device,
                shares=self._shares,
                notes=MachineNotes(home),
            )
            made.warm_up()
            self._loaded[key] = made
        return self._loaded[key]


def _answered(answer: Callable[[], Answer]) -> Answer | ErrorReply:
    try:
        return answer()
    except NeuralStyleError as error:
        return ErrorReply.of(error)
