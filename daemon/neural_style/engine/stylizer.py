"""The engine's entry point: a loaded network that stylises pictures."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from neural_style.engine.calibrate import CALIBRATION_SIDE, calibrate
from neural_style.engine.checks import check_size, check_task
from neural_style.engine.losses import Losses
from neural_style.engine.network.networks import Networks
from neural_style.engine.network.notes import Notes
from neural_style.engine.network.vgg import Architecture, load_weights
from neural_style.engine.objective.fitted import RunContext, Stopped
from neural_style.engine.objective.style_cache import StyleCache
from neural_style.engine.picture.resize import Size, resize, size_of
from neural_style.engine.plan.devices import (
    CPU,
    Choice,
    choose_device,
    compute_exactly,
    is_device_failure,
    the_processor,
    unusable,
)
from neural_style.engine.plan.estimate import (
    Calibration,
    Estimate,
    Expected,
    estimate,
    expected_at,
    style_pixels,
)
from neural_style.engine.plan.execution_plan import ExecutionPlan, candidate_plans
from neural_style.engine.plan.forecast import SLOW, Forecast
from neural_style.engine.plan.memory import (
    free_memory,
    held_memory,
    is_out_of_memory,
    release_memory,
)
from neural_style.engine.plan.planner import looked_up_at, minimiser_at, out_of_memory, plans_for
from neural_style.engine.plan.shares import ALONE, Shares
from neural_style.engine.plan.ways import Ways
from neural_style.engine.presets import PAINTING_TERMS, recipe_for
from neural_style.engine.recipe import Recipe, Scale
from neural_style.engine.run import Run
from neural_style.engine.task import Observe, Outcome, Task
from neural_style.engine.terms.base import FeatureTerm, values_kept
from neural_style_protocol.errors import WorkerError
from neural_style_protocol.phrases import Phrase
from neural_style_protocol.settings import Settings

LEAVE_CARD = 2
"""When so many processes have died of a picture, it is computed on the processor."""

SOME_FACE = torch.ones(1, 1, 1)

FAILED_TWICE = (
    "The graphics card {card} failed twice at this picture. The processor goes on with it."
)
TOO_FULL = (
    "The graphics card {card} has too little free memory for this picture. The processor computes "
    "it instead."
)


class Stylizer:
    """VGG-19 on a device, ready to stylise.

    Args:
        weights: a converted weights file.
        device: ``auto``, ``cpu``, ``cuda``, ``mps``, or with a number, as ``cuda:1``.
        shares: the processes with which this one shares the memory.
        notes: keep what is measured once on this machine; None measures it in each process.

    Attributes:
        device: the device, as PyTorch calls it.
        device_name: the same for users.
        notice: why it is the processor although there is a graphics card, if so.

    Raises:
        WeightsError: the file cannot be used.
        WorkerError: there is no such device.
    """

    def __init__(
        self,
        weights: Path,
        *,
        device: str = "auto",
        shares: Shares = ALONE,
        notes: Notes | None = None,
    ) -> None:
        self._shares = shares
        self._use(choose_device(device))
        self._notes: Notes = {} if notes is None else notes
        self._networks = Networks(load_weights(weights), self._notes)
        self._style_cache = StyleCache()
        self._at_rest: int | None = None

    def _use(self, choice: Choice) -> None:
        self._device, self.device = choice.device, str(choice.device)
        self.device_name, self.notice = choice.name, choice.notice
        compute_exactly()

    def warm_up(self) -> None:
        """Do the one-time work before the first picture: choose a precision, load kernels.

        If a graphics card fails in it, the processor is used from here on.
        """
        try:
            self._compute_once()
        except RuntimeError as problem:
            if self._device == CPU or not (is_out_of_memory(problem) or is_device_failure(problem)):
                raise
            self._use(the_processor(unusable(self.device_name, problem)))
            self._compute_once()
        release_memory(self._device)
        self._at_rest = held_memory(self._device)

    def _compute_once(self) -> None:
        vgg = self._networks.on(self._device, "fastest")
        image = torch.zeros(1, 3, 64, 64, device=self._device, requires_grad=True)
        layers = [term.layer for term in PAINTING_TERMS if isinstance(term, FeatureTerm)]
        fitted, _ = vgg.fitted_to(lambda unrounded: unrounded.features(image, layers))
        features = fitted.features(image, layers, Architecture("replicate"))
        torch.autograd.grad([layer.float().mean() for layer in features.values()], image)

    def stylize(
        self,
        task: Task,
        observe: Observe,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_notice: Callable[[Phrase], None] = lambda phrase: None,
        caution: int = 0,
        calibration: Calibration | None = None,
        clock: Callable[[], float] | None = None,
    ) -> Outcome:
        """Make the picture.

        Args:
            observe: called after every evaluation; see :data:`Observe`.
            should_stop: also called between the tiles of an evaluation. True stops the run; the
                last picture is kept, and ``observe`` gets it once more.
            on_notice: called with a sentence when memory runs out and the plan changes, or when
                the picture is not computed on the graphics card.
            caution: how many processes have died of this picture. As many plans, those that need
                the most memory, are skipped; after :data:`LEAVE_CARD` it is the processor's turn.
            calibration: the measured speed, from which the time that is left is told at first.
            clock: the seconds that were spent on the picture until now; None counts from here.

        Raises:
            InputError: a picture cannot be stylised; with the reason.
            SettingsError: this device cannot compute in the arithmetic of the task.
            WorkerError: there is not enough memory.
        """
        check_task(task)
        recipe = recipe_for(task.settings, (task.content.shape[1], task.content.shape[2]))
        recipe = recipe.computed_in(task.arithmetic)
        check_size(recipe.size)
        if task.faces is not None:
            recipe = recipe.keeping(task.faces)
        if task.initial is not None:
            recipe, task = recipe.going_on(), replace(task, previous=None)
        elif task.previous is not None:
            recipe = recipe.following(task.previous.term(task.mask))
        if recipe.untouched:
            image = resize(task.content, recipe.size)
            return Outcome(image.clamp(0, 1).cpu().clone(), 0, Losses(), "finished")
        sizes = [size_of(style.pixels) for style in task.styles]
        context = self._context(recipe, sizes, should_stop, on_notice, caution)
        expected = self._expected(recipe, calibration or SLOW, len(task.styles))
        forecast = Forecast(expected, clock or _clock(), calibrated=calibration is not None)
        try:
            return Run(task, recipe, observe, context, forecast).complete()
        except (MemoryError, RuntimeError) as problem:
            if is_out_of_memory(problem):
                raise out_of_memory(recipe.size) from problem
            raise
        finally:
            for device in {self._device, CPU}:
                release_memory(device)

    def calibrate(
        self, settings: Settings, should_stop: Callable[[], bool] = lambda: False
    ) -> Calibration:
        """Measure the speed of this device at the precision for ``settings``.

        Raises:
            CalibrationStopped: ``should_stop`` returned True.
        """
        recipe = recipe_for(settings, (CALIBRATION_SIDE, CALIBRATION_SIDE))
        vgg = self._networks.on(self._device, recipe.precision)
        try:
            return calibrate(vgg, recipe, should_stop)
        finally:
            release_memory(self._device)

    def estimate(
        self, settings: Settings, content: Size, calibration: Calibration, styles: int = 1
    ) -> Estimate:
        """Predict the cost for a content image of size (height, width); computes no picture.

        After :meth:`warm_up`, memory in use for the current picture counts as free, because that
        picture will be finished first.

        Raises:
            InputError: it cannot be stylised at that size.
            WorkerError: there is not enough memory.
        """
        recipe = recipe_for(settings, content)
        if settings.faces:
            recipe = recipe.keeping(SOME_FACE)  # there may be one, and then more is kept
        check_size(recipe.size)
        dtype = self._networks.dtype(recipe.precision, self._device)

        def plans(size: Size) -> list[ExecutionPlan]:
            pixels = styles * style_pixels(recipe, size)
            return self._plans(recipe, size, self._free_later, of_styles=pixels)

        free, held = self._free_later, self._held_at_rest
        return estimate(recipe, content, dtype, plans, free, calibration, held, styles)

    def arithmetic(self, settings: Settings) -> str:
        """The name of the arithmetic that is chosen for ``settings`` on this device."""
        recipe = recipe_for(settings, (CALIBRATION_SIDE, CALIBRATION_SIDE))
        return self._networks.name(recipe.precision, self._device)

    def has_room_for(self, settings: Settings, content: Size, arithmetic: str = "") -> bool:
        """Whether the memory that is free now is enough for a content image of that size."""
        recipe = recipe_for(settings, content).computed_in(arithmetic)
        try:
            return bool(self._plans(recipe, recipe.size))
        except WorkerError:
            return False

    def _held_at_rest(self, device: torch.device) -> int:
        held = held_memory(device)
        if self._at_rest is None or device != self._device:
            return held
        return min(held, self._at_rest)

    def _free_now(self, device: torch.device) -> int:
        return self._shares.of(free_memory(device), device)

    def _free_later(self, device: torch.device) -> int:
        free = free_memory(device) + held_memory(device) - self._held_at_rest(device)
        return self._shares.of(free, device)

    def _plans(
        self,
        recipe: Recipe,
        size: Size,
        free: Callable[[torch.device], int] | None = None,
        device: torch.device | None = None,
        of_styles: float = math.inf,
    ) -> list[ExecutionPlan]:
        """The plans that fit; ``of_styles`` is the most pixels of all style images at that size."""
        device = device or self._device
        dtype = self._networks.dtype(recipe.precision, device)
        minimiser = minimiser_at(recipe, size)
        targets, looked_up = values_kept(recipe.terms), looked_up_at(recipe, size, of_styles)
        free = free or self._free_now
        fitting = plans_for(
            size, device, dtype, minimiser, targets, free, recipe.precision, looked_up
        )
        return self._ways(recipe, device).ordered(fitting, size)

    def _expected(self, recipe: Recipe, calibration: Calibration, styles: int) -> list[Expected]:
        """What each scale is expected to cost, if there is enough memory for it."""
        ways = self._ways(recipe, self._device)

        def at(scale: Scale) -> Expected:
            plan = ways.ordered(list(candidate_plans(scale.size, self._device)), scale.size)[0]
            return expected_at(recipe, scale, plan, calibration, styles)

        return [at(scale) for scale in recipe.scales]

    def _ways(self, recipe: Recipe, device: torch.device) -> Ways:
        return Ways(self._notes, str(self._networks.arithmetic(recipe.precision, device)))

    def _context(
        self,
        recipe: Recipe,
        styles: Sequence[Size],
        should_stop: Callable[[], bool],
        on_notice: Callable[[Phrase], None],
        caution: int,
    ) -> RunContext:
        device = CPU if caution >= LEAVE_CARD else self._device
        told: set[str] = set()

        def tell(phrase: Phrase) -> None:
            if phrase.template not in told:
                told.add(phrase.template)
                on_notice(phrase)

        def plans(size: Size) -> list[ExecutionPlan]:
            release_memory(CPU)  # what coarser scales have used is free
            of_styles = (recipe.style_size(style, size) for style in styles)
            pixels = sum(height * width for height, width in of_styles)
            found = self._plans(recipe, size, device=device, of_styles=pixels)
            found = found[min(caution, len(found) - 1) :]
            if device != self._device:
                tell(Phrase(FAILED_TWICE, {"card": self.device_name}))
            elif found[0].device != device:
                tell(Phrase(TOO_FULL, {"card": self.device_name}))
            return found

        def check() -> None:
            if should_stop():
                raise Stopped

        return RunContext(
            plans=plans,
            network=lambda plan: self._networks.on(plan.device, recipe.precision),
            exact_network=lambda plan: self._networks.on(plan.device, "single"),
            notice=on_notice,
            style_cache=self._style_cache,
            check=check,
            ways=self._ways(recipe, device),
        )


def _clock() -> Callable[[], float]:
    """A clock that begins now."""
    began = time.monotonic()
    return lambda: time.monotonic() - began
