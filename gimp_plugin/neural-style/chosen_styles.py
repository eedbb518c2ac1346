"""The style images that were chosen for a picture, with their weights and parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gi.repository import Gimp, Gio

import arguments
import style_image
import style_mix
from neural_style_protocol.pixels import Picture
from style_image import StyleImage
from style_mix import Region, StyleMix

Read = Callable[[Gio.File | None, Gimp.Layer | None, Region | None], StyleImage]


@dataclass(frozen=True)
class ChosenStyles:
    """A file or a layer, which takes precedence, and what is mixed with it."""

    file: Gio.File | None
    layer: Gimp.Layer | None
    mix: StyleMix

    @classmethod
    def of(cls, config: Gimp.ProcedureConfig) -> ChosenStyles:
        """What a call's configuration says.

        Raises:
            InputError: its mix is not understood.
        """
        layer = config.get_property(arguments.STYLE_LAYER)
        mix = style_mix.read(config.get_property(arguments.MIX))
        return cls(config.get_property(arguments.STYLE), layer, mix)

    @property
    def exist(self) -> bool:
        """Whether each of them is there, so that it can be read."""
        if self.layer is not None:
            first = bool(self.layer.is_valid())
        else:
            first = self.file is not None and bool(self.file.query_exists(None))
        return first and all(it.file.query_exists(None) for it in self.mix.styles[1:])

    def read(self, read: Read = style_image.read) -> tuple[StyleImage, ...]:
        """The pixels of each, as ``read`` gives them.

        Raises:
            InputError: one of them cannot be read, or has no such part.
        """
        first, *more = self.mix.styles
        return (
            read(self.file, self.layer, first.part),
            *(read(style.file, None, style.part) for style in more),
        )

    def weighed(self, images: tuple[StyleImage, ...]) -> tuple[tuple[Picture, float], ...]:
        """The pictures that were read, each with its weight."""
        both = zip(images, self.mix.styles, strict=True)
        return tuple((image.picture, style.weight) for image, style in both)


def names_of(images: tuple[StyleImage, ...]) -> str:
    """The names of all, for the user."""
    return " + ".join(image.title for image in images)
