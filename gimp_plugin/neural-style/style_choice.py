"""Change the styles of a call's configuration: the first one, and those mixed with it."""

from __future__ import annotations

import contextlib

from gi.repository import Gimp, Gio

import arguments
import style_mix
from neural_style_protocol.errors import InputError
from style_mix import MixedStyle, StyleMix


def mix_of(config: Gimp.ProcedureConfig) -> StyleMix:
    """The mix of ``config``; a plain one if it is not understood, which the preview tells."""
    with contextlib.suppress(InputError):
        return style_mix.read(config.get_property(arguments.MIX))
    return StyleMix()


def count_of(config: Gimp.ProcedureConfig) -> int:
    """How many style images are mixed."""
    return len(mix_of(config).styles)


def set_mix(config: Gimp.ProcedureConfig, mix: StyleMix) -> None:
    """Write ``mix`` into ``config``, unless it is there."""
    if config.get_property(arguments.MIX) != mix.text:
        config.set_property(arguments.MIX, mix.text)


def choose_file(config: Gimp.ProcedureConfig, file: Gio.File) -> None:
    """Make all of ``file`` the first style. What is mixed with it stays."""
    others = [style for style in mix_of(config).styles[1:] if style.uri != file.get_uri()]
    set_mix(config, StyleMix((_first_of(config), *others)))
    config.set_property(arguments.STYLE_LAYER, None)
    config.set_property(arguments.STYLE, file)


def choose_layer(config: Gimp.ProcedureConfig, layer: Gimp.Layer | None) -> None:
    """Make all of ``layer`` the first style; with None, the file is the first again."""
    set_mix(config, StyleMix((_first_of(config), *mix_of(config).styles[1:])))
    config.set_property(arguments.STYLE_LAYER, layer)


def add_file(config: Gimp.ProcedureConfig, file: Gio.File) -> None:
    """Mix ``file`` in, unless it is the first style already."""
    first: Gio.File | None = config.get_property(arguments.STYLE)
    has_layer = config.get_property(arguments.STYLE_LAYER) is not None
    if first is None and not has_layer:
        choose_file(config, file)
    elif has_layer or first is None or first.get_uri() != file.get_uri():
        set_mix(config, mix_of(config).with_style(file.get_uri()))


def remove(config: Gimp.ProcedureConfig, place: int) -> None:
    """Take a style out of the mix; after the first one, the second is the first."""
    mix = mix_of(config)
    if place > 0:
        set_mix(config, mix.without(place))
        return
    _first, second, *others = mix.styles
    set_mix(config, StyleMix((MixedStyle("", second.weight, second.part), *others)))
    config.set_property(arguments.STYLE_LAYER, None)
    config.set_property(arguments.STYLE, second.file)


def _first_of(config: Gimp.ProcedureConfig) -> MixedStyle:
    """The first style with its weight, for another picture, all of it."""
    return MixedStyle(weight=mix_of(config).styles[0].weight)
