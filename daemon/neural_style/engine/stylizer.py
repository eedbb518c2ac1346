"""A loaded network that makes pictures, one after another."""

from __future__ import annotations

from pathlib import Path

import torch

from neural_style.engine.checks import check_size, check_task
from neural_style.engine.devices import choose_device, describe_device, fastest_precision
from neural_style.engine.presets import PAINTING_BALANCE, recipe_for
from neural_style.engine.resize import Size, resize
from neural_style.engine.run import Run
from neural_style.engine.task import Losses, Observe, Outcome, Task
from neural_style.engine.vgg import Vgg, load_weights
from neural_style_protocol.errors import WorkerError

_NO_LOSSES = Losses(0.0, 0.0, 0.0, 0.0)


class Stylizer:
    """VGG-19 on a device, ready to stylise.

    Args:
        weights: a converted weights file.
        device: ``auto``, ``cpu``, ``cuda``, ``mps`` or a numbered one.

    Raises:
        WeightsError: the file cannot be used.
        WorkerError: the device cannot be used.
    """

    def __init__(self, weights: Path, *, device: str = "auto") -> None:
        self._device = choose_device(device)
        self.device_name = describe_device(self._device)
        self._tensors = load_weights(weights)
        self._networks: dict[torch.dtype, Vgg] = {}
        self._fastest: torch.dtype | None = None

    def warm_up(self) -> None:
        """Pay what the first picture would pay: the choice of precision, kernels, threads."""
        vgg = self._network("fastest")
        image = torch.zeros(1, 3, 64, 64, device=self._device, requires_grad=True)
        names = [name for name, _ in PAINTING_BALANCE.style]
        features = vgg.features(image, names)
        torch.autograd.grad([layer.float().mean() for layer in features.values()], image)

    def stylize(self, task: Task, observe: Observe) -> Outcome:
        """Make the picture.

        Args:
            observe: called after every evaluation; see :data:`Observe`.

        Raises:
            InputError: an image that cannot be stylised, with the reason.
            WorkerError: the device ran out of memory.
        """
        check_task(task)
        recipe = recipe_for(task.settings, (task.content.shape[1], task.content.shape[2]))
        check_size(recipe.size)
        if recipe.untouched:
            image = resize(task.content, recipe.size)
            return Outcome(image.clamp(0, 1).cpu().clone(), 0, _NO_LOSSES, "finished")
        try:
            return Run(self._network(recipe.precision), task, recipe, observe).complete()
        except (torch.OutOfMemoryError, MemoryError) as problem:
            raise _out_of_memory(recipe.size) from problem
        except RuntimeError as problem:
            if "allocate" in str(problem):  # the CPU allocator has no exception of its own
                raise _out_of_memory(recipe.size) from problem
            raise

    def _network(self, precision: str) -> Vgg:
        if precision == "single":
            dtype = torch.float32
        else:
            if self._fastest is None:
                self._fastest = fastest_precision(self._device)
            dtype = self._fastest
        if dtype not in self._networks:
            self._networks[dtype] = Vgg(self._tensors, self._device, dtype)
        return self._networks[dtype]


def _out_of_memory(size: Size) -> WorkerError:
    height, width = size
    return WorkerError(
        f"There is not enough memory for a picture of {width} × {height} pixels.",
        next_step="Choose a smaller size.",
    )
