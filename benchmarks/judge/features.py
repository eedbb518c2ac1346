"""Distances between the network's features: of style, of patches, of content.

F is one stage's features, (c, n) at n positions; a star marks the style's.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .network import Features

CELLS = 32
MOST_QUERIES = 4096
PATCH = 3
CHUNK = 1024


def style_distance(features: Features, target: Features) -> float:
    """The mean over stages of :func:`frechet_distance` over tr Σ*; 0 for the style itself.

    The division makes stages of different ranges comparable: a picture of one colour, the style's
    mean, has 1.
    """
    parts = []
    for found, wanted in zip(features, target, strict=True):
        _, covariance = moments(wanted)
        parts.append(frechet_distance(found, wanted) / float(covariance.trace()))
    return math.fsum(parts) / len(parts)


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """μ = F1/n, (c,), and Σ = FFᵀ/n − μμᵀ, (c, c), in float64, of (c, h, w)."""
    columns = features.flatten(1).double()
    mean = columns.mean(1)
    centred = columns - mean.unsqueeze(1)
    return mean, centred @ centred.T / columns.shape[1]


def frechet_distance(features: Tensor, target: Tensor) -> float:
    """‖μ − μ*‖² + tr(Σ + Σ* − 2(ΣΣ*)^½), of features (c, h, w) and (c, h*, w*).

    The squared 2-Wasserstein distance between normal distributions with these moments. The trace of
    (ΣΣ*)^½ is the sum of the singular values of Σ^½Σ*^½.
    """
    (mean, covariance), (mean_of_target, covariance_of_target) = moments(features), moments(target)
    common = torch.linalg.svdvals(_root(covariance) @ _root(covariance_of_target)).sum()
    spread = covariance.trace() + covariance_of_target.trace() - 2 * common
    return max(0.0, float((mean - mean_of_target).square().sum() + spread))


def _root(covariance: Tensor) -> Tensor:
    """The symmetric square root of a positive semidefinite (c, c)."""
    values, vectors = torch.linalg.eigh(covariance)
    return (vectors * values.clamp_min(0).sqrt()) @ vectors.T


def patch_distance(features: Features, target: Features) -> float:
    """How far each patch is from the nearest of the other picture, both ways; 0 … 2.

    A patch is 3 × 3 positions of a stage, with the style's mean subtracted; the distance is
    1 − cos. Mean over the stages of ½ (mean_i min_j d(i, j) + mean_j min_i d(i, j)). The first half
    rises where the picture has what the style has not, the second where it lacks something of the
    style. In large pictures the patches that look for a neighbour lie on a grid.
    """
    parts = []
    for found, wanted in zip(features, target, strict=True):
        mean = wanted.mean((1, 2), keepdim=True)
        one, other = found - mean, wanted - mean
        parts += [_nearest(one, other), _nearest(other, one)]
    return math.fsum(parts) / len(parts)


def _nearest(one: Tensor, other: Tensor) -> float:
    """The mean over patches of ``one`` of the distance to the nearest of ``other``."""
    step = math.ceil(math.sqrt(one[0].numel() / MOST_QUERIES))
    queries, choice = _patches(one, step), _patches(other, 1)
    closest = [(chunk @ choice.T).amax(1) for chunk in queries.split(CHUNK)]
    return float((1 - torch.cat(closest)).mean())


def _patches(features: Tensor, step: int) -> Tensor:
    """The patches of (c, h, w) at every ``step``-th position, of length 1: (count, 9 c)."""
    columns = F.unfold(features.unsqueeze(0), PATCH, stride=step).squeeze(0).T
    return F.normalize(columns)


def content_distance(features: Features, target: Features) -> float:
    """Self-similarity as in STROTSS (Kolkin et al. 2019), on 32 × 32 cells; 0 … 2.

    D_ij = 1 − cos between the hypercolumns at cells i and j; each column of D is divided by its
    sum, and the result is mean_j Σ_i |D_ij / Σ_k D_kj − D*_ij / Σ_k D*_kj|. What counts is which
    places look alike, not what they look like.
    """
    own, other = self_similarity(features), self_similarity(target)
    return float((own - other).abs().sum(0).mean())


def self_similarity(features: Features) -> Tensor:
    """D with columns of sum 1, (1024, 1024)."""
    stages = []
    for stage in features:
        cells = F.interpolate(stage.unsqueeze(0), (CELLS, CELLS), mode="bilinear", antialias=True)
        columns = cells.squeeze(0).flatten(1)
        stages.append(columns / columns.square().sum(0).mean().sqrt())
    directions = F.normalize(torch.cat(stages).double(), dim=0)
    distances = (1 - directions.T @ directions).clamp_min(0)
    return distances / distances.sum(0).clamp_min(torch.finfo(distances.dtype).tiny)
