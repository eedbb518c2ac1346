"""The textbook's run, written from its chapter: the reference of the speed benchmark.

Nothing here comes from the engine, so that the reference is independent. Images are normalised
(1, 3, 300, 450) float32. The network is the converted VGG-19 in the form of torchvision's
``features``, with in-place ReLUs as there.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn

STYLE_LAYERS = (0, 5, 10, 19, 28)
CONTENT_LAYERS = (25,)
IMAGE_SHAPE = (300, 450)
CONTENT_WEIGHT, STYLE_WEIGHT, TV_WEIGHT = 1.0, 1e3, 10.0
STYLE_REPEATS = 10  # the chapter's `10 * styles_l` repeats a list
LEARNING_RATE, STEPS, DECAY_STEPS, DECAY = 0.3, 500, 50, 0.8
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def load_network(weights: Path) -> nn.Sequential:
    """``vgg19().features[:29]`` with the converted weights."""
    vgg = torchvision.models.vgg
    network = vgg.make_layers(vgg.cfgs["E"])[:29]
    convolutions = [layer for layer in network if isinstance(layer, nn.Conv2d)]
    tensors = load_file(weights)
    names = sorted({key.split(".")[0] for key in tensors})
    for layer, name in zip(convolutions, names, strict=True):
        layer.weight.data = tensors[f"{name}.weight"]
        layer.bias.data = tensors[f"{name}.bias"]
    return network.requires_grad_(False)


def preprocess(path: Path) -> Tensor:
    """The picture at 300 × 450, normalised."""
    with Image.open(path) as image:
        resized = torchvision.transforms.Resize(IMAGE_SHAPE)(image.convert("RGB"))
    return (torchvision.transforms.ToTensor()(resized).unsqueeze(0) - MEAN) / STD


def eight_bit(image: Tensor) -> Tensor:
    """An iterate clamped to [0, 1], rounded to 256 levels, and normalised again."""
    mean, deviation = MEAN.to(image.device), STD.to(image.device)
    pixels = ((image * deviation + mean).clamp(0, 1) * 255).round() / 255
    return (pixels - mean) / deviation


def gram(features: Tensor) -> Tensor:
    channels = features.shape[1]
    flat = features.reshape(channels, -1)
    return flat @ flat.T / features.numel()


class Objective:
    """The chapter's loss for one pair of pictures."""

    def __init__(self, network: nn.Sequential, content: Tensor, style: Tensor) -> None:
        self.network = network
        with torch.no_grad():
            self.contents, _ = self.features(content)
            self.grams = [gram(features) for features in self.features(style)[1]]

    def features(self, image: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        contents, styles = [], []
        for index, layer in enumerate(self.network):
            image = layer(image)
            if index in STYLE_LAYERS:
                styles.append(image)
            if index in CONTENT_LAYERS:
                contents.append(image)
        return contents, styles

    def __call__(self, image: Tensor) -> Tensor:
        contents, styles = self.features(image)
        content = [
            (a - b).square().mean() * CONTENT_WEIGHT
            for a, b in zip(contents, self.contents, strict=True)
        ]
        style = [
            (gram(a) - b).square().mean() * STYLE_WEIGHT
            for a, b in zip(styles, self.grams, strict=True)
        ]
        rows = (image[:, :, 1:, :] - image[:, :, :-1, :]).abs().mean()
        columns = (image[:, :, :, 1:] - image[:, :, :, :-1]).abs().mean()
        total = 0.5 * (rows + columns) * TV_WEIGHT
        return torch.stack([*STYLE_REPEATS * style, *content, total]).sum()

    @torch.no_grad()
    def of(self, image: Tensor) -> float:
        """The loss of a finished picture."""
        return float(self(image.clone()))


@dataclass(frozen=True)
class TextbookRun:
    """A run of the chapter's training loop: the loss before each step, and the last iterate."""

    curve: tuple[float, ...]
    seconds: float
    image: Tensor


def train(
    objective: Objective,
    content: Tensor,
    steps: int = STEPS,
    clock: Callable[[], float] = time.perf_counter,
) -> TextbookRun:
    """Run Adam on the pixels, from the content image; ``seconds`` is the time of the loop."""
    image = nn.Parameter(content.clone())
    trainer = torch.optim.Adam([image], lr=LEARNING_RATE)
    scheduler = torch.optim.lr_scheduler.StepLR(trainer, DECAY_STEPS, DECAY)
    curve = []
    began = clock()
    for _ in range(steps):
        trainer.zero_grad()
        loss = objective(image)
        loss.backward()
        trainer.step()
        scheduler.step()
        curve.append(loss.item())
    return TextbookRun(tuple(curve), clock() - began, image.detach())


def figures_of(objective: Objective, run: TextbookRun) -> dict[str, Any]:
    """The figures of a run for the speed benchmark."""
    return {
        "steps": len(run.curve),
        "seconds": round(run.seconds, 2),
        "final_loss": objective.of(run.image),
        "final_loss_8bit": objective.of(eight_bit(run.image)),
        "curve": [round(loss, 4) for loss in run.curve],
    }


def main() -> None:
    """Run the chapter in full on one pair and print what the speed benchmark caches."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--iterate", type=Path, help="where to keep the last iterate (.pt)")
    options = parser.parse_args()
    content = preprocess(options.content)
    objective = Objective(load_network(options.weights), content, preprocess(options.style))
    run = train(objective, content, options.steps)
    if options.iterate:
        torch.save(run.image, options.iterate)
    pair = {"content": options.content.name, "style": options.style.name}
    print(json.dumps({**pair, **figures_of(objective, run)}))


if __name__ == "__main__":
    main()
