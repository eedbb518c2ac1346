"""Makes a recipe from the user's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from neural_style.engine.minimise.steps import AdamSteps, LbfgsSteps
from neural_style.engine.network.padding import Padding
from neural_style.engine.network.vgg import Architecture
from neural_style.engine.picture.canvas import Colours
from neural_style.engine.picture.recolour import PreserveColour
from neural_style.engine.picture.resize import Size
from neural_style.engine.recipe import Recipe, Scale
from neural_style.engine.terms.base import Term, Terms, scaled
from neural_style.engine.terms.content import Content
from neural_style.engine.terms.covariance import Covariance
from neural_style.engine.terms.grain import Grain
from neural_style.engine.terms.gram import Gram
from neural_style.engine.terms.moved_content import MovedContent
from neural_style.engine.terms.neighbours import Neighbours
from neural_style.engine.terms.pixel import Range, Smoothness, TotalVariation
from neural_style_protocol.result_size import halved, result_size
from neural_style_protocol.settings import Settings, setting

TEXTBOOK_STEPS = 500
TEXTBOOK_TERMS: tuple[Term, ...] = (
    Content("relu4_4", 1.0),
    Gram("relu1_1", 1e4),
    Gram("relu2_1", 1e4),
    Gram("relu3_1", 1e4),
    Gram("relu4_1", 1e4),
    Gram("conv5_1", 1e4),
    TotalVariation(10.0),
)
"""The textbook's objective.

Its ReLUs work in place, so its layers 0, 5, 10, 19 and 25, which are convolutions, hold the values
after the ReLU; only the last layer, 28, holds the values before it. Its style weight of 1e3 counts
ten times, because ``10 * styles_l`` repeats a list.
"""

PAINTING_TERMS: tuple[Term, ...] = (
    Neighbours("relu3_1", 0.8, relative=True),
    Neighbours("relu4_1", 0.8, relative=True),
    MovedContent("relu4_2", 1.9, relative=True),
    Covariance("relu1_1", 1.0),
    Covariance("relu2_1", 2.0),
    Covariance("relu3_1", 1.0),
    Covariance("relu4_1", 0.3),
    Covariance("relu5_1", 0.3),
    Smoothness(0.3),
    Grain(0.03),
    Range(100.0),
)
"""The other presets' objective at strength 50."""


@dataclass(frozen=True)
class Pace:
    """The amount of work of a preset.

    Attributes:
        coarsest: evaluations at the coarsest scale.
        finer: evaluations at the finest scale of up to :data:`FULL_PACE` pixels, then at the
            coarser ones.
        fewest: evaluations at a scale of many more pixels, to which the picture is only carried.
        frame: of a frame that begins with the frames before it. It has no other scales: with fewer,
            the style is lost from frame to frame.
    """

    coarsest: int
    finer: tuple[int, ...]
    fewest: int
    frame: int


PACES: Mapping[str, Pace] = {
    "draft": Pace(40, (5, 12), fewest=3, frame=4),
    "standard": Pace(80, (14, 16, 30), fewest=3, frame=24),
    "high": Pace(150, (40, 40, 60), fewest=6, frame=51),
}

TEMPORAL_WEIGHT = 1.0
"""Of the temporal term at coherence 50. More smooths the strokes away, frame after frame."""

FULL_PACE = 1 << 20
"""A scale of up to so many pixels gets all evaluations of its pace."""

COARSEST_SIDE = 32
"""The least shorter side, in pixels, of a scale that is added below the finest.

There the largest shapes of the style find their places. All presets begin with the same scale, so
that they put those shapes into the same places.
"""

LAID_DETAIL = 0.8
"""How much of the styles' own detail a finer scale begins with, where it begins with none of the
photograph's. Where it does not fit, the evaluations have to remove it."""

CONVERGENCE_LIMIT = 0.6
"""A scale ends when the picture changes less than this, in levels of 255."""


def recipe_for(settings: Settings, content_size: Size, size: Size | None = None) -> Recipe:
    """The recipe for a content image of ``content_size`` (height, width).

    Args:
        size: of the result; None for the size that the settings ask for.
    """
    finest = size or _result_size(settings, content_size)
    if settings.preset == "textbook":
        return _textbook(settings, finest)
    pace, carried = PACES[settings.preset], _carried_detail(settings.strength)
    return Recipe(
        terms=_balanced(_moved(PAINTING_TERMS, settings.strength), settings),
        architecture=Architecture(_padding(settings, "replicate"), pooling="max"),
        minimiser=LbfgsSteps(history=12, octaves=5, colour=3.0, coarse=0.5),
        scales=_scales(finest, pace, settings.iterations),
        frame_evaluations=_at_most(settings.iterations, _reduced(pace.frame, pace, _share(finest))),
        precision="fastest",
        resampling="proportional",
        untouched=settings.strength == 0,
        start="noise" if settings.initial == "noise" else "content",
        colours=Colours(min(1.0, settings.strength / 50.0), _preserved(settings)),
        seed=settings.seed,
        carried_detail=carried,
        laid_detail=LAID_DETAIL * (1.0 - carried),
        style_scale=settings.style_scale / 100.0,
        convergence_limit=CONVERGENCE_LIMIT,
    )


def temporal_weight(coherence: float) -> float:
    """The weight of the temporal term for a coherence from 0 to 100.

    It is tenfold every 25; at 0 there is none."""
    if coherence == 0:
        return 0.0
    weight: float = TEMPORAL_WEIGHT * 10.0 ** ((coherence - 50.0) / 25.0)
    return weight


def _textbook(settings: Settings, size: Size) -> Recipe:
    steps = settings.iterations or TEXTBOOK_STEPS
    return Recipe(
        terms=_balanced(TEXTBOOK_TERMS, settings),
        architecture=Architecture(_padding(settings, "zeros"), pooling="max"),
        minimiser=AdamSteps(rate=0.3, decay=0.8, decay_every=50),
        scales=(Scale(size, steps),),
        frame_evaluations=max(1, 6 * steps // 7),
        precision="single",
        resampling="textbook",
        untouched=settings.strength == 0,
        start="noise" if settings.initial == "noise" else "content",
        seed=settings.seed,
        colours=Colours(preserved=_preserved(settings)),
    )


def _result_size(settings: Settings, content_size: Size) -> Size:
    height, width = content_size
    return result_size(settings, width, height)[::-1]


def _padding(settings: Settings, usual: Padding) -> Padding:
    return "circular" if settings.tileable else usual


def _preserved(settings: Settings) -> PreserveColour:
    modes: Mapping[str, PreserveColour] = {"luminance": "luminance", "histogram": "histogram"}
    return modes.get(settings.preserve_colour, "off")


def _scales(finest: Size, pace: Pace, most: int) -> tuple[Scale, ...]:
    sizes = [finest]
    while min(coarser := halved(sizes[-1])) >= COARSEST_SIDE:
        sizes.append(coarser)
    scales = []
    for size, planned in zip(sizes, _evaluations(sizes, pace), strict=True):
        scales.append(Scale(size, _at_most(most, planned)))
    return tuple(reversed(scales))


def _evaluations(sizes: Sequence[Size], pace: Pace) -> list[int]:
    """The evaluations at each of ``sizes``, from the finest to the coarsest.

    A scale of more than :data:`FULL_PACE` pixels gets fewer, after coarser ones have done most of
    the work: at 4096 × 2731 pixels a *standard* picture gets three, and as many at half of that.
    """
    shares = [_share(size) for size in sizes]
    large = sum(share < 1.0 for share in shares[:-1])
    below = range(len(sizes) - 1 - large)
    planned = [
        *[pace.finer[0]] * large,
        *[pace.finer[min(place, len(pace.finer) - 1)] for place in below],
        pace.coarsest,
    ]
    return [_reduced(full, pace, share) for full, share in zip(planned, shares, strict=True)]


def _share(size: Size) -> float:
    """The share of a pace's evaluations for a scale of that size."""
    height, width = size
    return min(1.0, float((FULL_PACE / (height * width)) ** 1.5))


def _reduced(evaluations: int, pace: Pace, share: float) -> int:
    return max(min(pace.fewest, evaluations), round(evaluations * share))


def _at_most(most: int, evaluations: int) -> int:
    """As many evaluations as are planned, and as are allowed; with 0, any number is."""
    return min(evaluations, most) if most else evaluations


def _balanced(terms: Terms, settings: Settings) -> tuple[Term, ...]:
    """The terms, weighted for the settings' strength; 50 keeps the preset's weights.

    Above 50 the content's weight falls. Below 50 the weights of style and smoothing fall, so that
    the content is the optimum at 0.
    """
    ratio = _style_ratio(settings.strength)
    smoothness = settings.smoothness / float(setting("smoothness").default)
    style, content = min(1.0, ratio), min(1.0, 1.0 / ratio) if ratio else 1.0
    smoothing = style * smoothness
    factors = {
        "style": style,
        "content": content,
        "neighbours": content,
        "total_variation": smoothing,
        "smoothness": smoothing,
        "grain": smoothing,
    }
    return scaled(terms, factors)


def _moved(terms: Terms, strength: float) -> tuple[Term, ...]:
    """The terms; below 50 the content's features are moved less, so that at 0 they are its own."""
    moved = min(1.0, strength / 50.0)
    return tuple(
        replace(term, moved=moved) if isinstance(term, (MovedContent, Neighbours)) else term
        for term in terms
    )


def _carried_detail(strength: float) -> float:
    """How much of the photograph's detail each finer scale begins with.

    What it begins with, the evaluations there hardly remove; so a painting begins without.
    """
    (low, whole), (middle, some), (high, none) = (25.0, 1.0), (50.0, 0.1), (75.0, 0.0)
    if strength <= middle:
        return min(whole, whole + (some - whole) * (strength - low) / (middle - low))
    return max(none, some + (none - some) * (strength - middle) / (high - middle))


def _style_ratio(strength: float) -> float:
    """The factor of the preset's style-to-content ratio for a strength; 1 at 50.

    On this curve the distance from the content image grows about linearly with strength (see
    docs/engine.md). At 100 the subject is painted freely; in most pictures one can still see it.
    """
    at_fifty = 50.0 / (_STRENGTH_POLE - 50.0)
    ratio: float = (strength / (_STRENGTH_POLE - strength) / at_fifty) ** 1.5
    return ratio


_STRENGTH_POLE = 180.0
