#!/usr/bin/env python3
"""Neural Style: registers the plug-in in GIMP and runs its procedure.

This file imports only the standard library and GIMP's gi. The rest is imported when it is needed.
So the menu entry is always there, and can say what is missing.
"""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Sequence

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, Gio, GLib, GObject

import installation
from words import _

PROCEDURE = "plug-in-neural-style"
ADJUST = "plug-in-neural-style-adjust"
BATCH = "plug-in-neural-style-batch"
MENUS = ("<Image>/Filters", "<Image>/Filters/Artistic")
"""The first is where it is looked for by name, the second by those who look for such a filter."""


class NeuralStyle(Gimp.PlugIn):
    """The plug-in: two procedures in the Filters menu, and one for scripts alone."""

    def do_set_i18n(self, procedure_name: str) -> tuple[bool, str, str] | bool:
        """GIMP needs a relative folder that exists."""
        return (True, "neural-style", "locale") if installation.LOCALE.is_dir() else False

    def do_query_procedures(self) -> list[str]:
        # Help looks the procedure up in gimp-help.xml, in a folder for each language.
        self.set_help_domain("neural-style", Gio.File.new_for_path(str(installation.HELP)))
        return [PROCEDURE, ADJUST, BATCH]

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        Gegl.init(None)
        if name == BATCH:
            return _batch_procedure(self)
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run, None)
        procedure.set_image_types("RGB*, GRAY*")
        selected = Gimp.ProcedureSensitivityMask
        procedure.set_sensitivity_mask(selected.DRAWABLE | selected.DRAWABLES)
        label = _("_Adjust Painting...") if name == ADJUST else _("_Neural Style...")
        procedure.set_menu_label(label)
        for menu in MENUS[:1] if name == ADJUST else MENUS:
            procedure.add_menu_path(menu)
        procedure.set_icon_file(Gio.File.new_for_path(str(installation.ICON)))
        procedure.set_documentation(*_documentation(name), name)
        procedure.set_attribution("Neural Style for GIMP", "MIT licence", "2026")
        _add_arguments(procedure)
        return procedure


def _batch_procedure(plug_in: Gimp.PlugIn) -> Gimp.Procedure:
    """The procedure without a menu entry, which paints files."""
    procedure = Gimp.Procedure.new(plug_in, BATCH, Gimp.PDBProcType.PLUGIN, run_batch, None)
    procedure.set_documentation(
        _("Paint many files, each in each style, into a folder"),
        _(
            "Runs the command `neural-style batch`: what is painted already is not painted again. "
            "The pictures are saved as files, and no image is opened."
        ),
        BATCH,
    )
    procedure.set_attribution("Neural Style for GIMP", "MIT licence", "2026")
    with contextlib.suppress(ImportError):  # run_batch() reports what is missing
        installation.use_vendor_folder()
        import arguments

        arguments.add_to_batch(procedure)
    return procedure


def _documentation(name: str) -> tuple[str, str]:
    """What a procedure does, in a line and at length."""
    if name == ADJUST:
        return (
            _("Change the style or the settings of a painted layer"),
            _(
                "Paints a layer that Neural Style has painted once more from its original, with "
                "other settings, and replaces its pixels in one undo step."
            ),
        )
    return (
        _(
            "Artistic style transfer: turn the layer into a painting in the style of another "
            "picture, be it by Van Gogh or your own"
        ),
        _(
            "Makes a new layer that shows what the active layer shows, painted like the style "
            "image: the loss optimisation of Gatys, Ecker and Bethge on VGG-19, computed by a "
            "daemon on this machine."
        ),
    )


def _add_arguments(procedure: Gimp.Procedure) -> None:
    try:
        installation.use_vendor_folder()
        import arguments
    except ImportError:
        return  # run() reports what is missing
    arguments.add_to(procedure)


def run(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    data: object,
) -> Gimp.ValueArray:
    """GIMP calls this: make the new layer, or report why that failed."""
    try:
        installation.check_packages()
        import filter_run

        try:
            if procedure.get_name() == ADJUST:
                layer = filter_run.adjust(procedure, run_mode, drawables, config)
            else:
                layer = filter_run.run(procedure, run_mode, image, drawables, config)
        except filter_run.DialogClosed:
            return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    except installation.NotInstalled as error:
        return _failure(procedure, str(error))
    except Exception as error:
        in_window = run_mode != Gimp.RunMode.NONINTERACTIVE
        return _failure(procedure, _sentence(error, in_window=in_window))
    # A discarded picture is a success too: GIMP then remembers the arguments for a repetition.
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    values.remove(1)
    values.insert(1, GObject.Value(Gimp.Layer, layer))
    return values


def run_batch(
    procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, data: object
) -> Gimp.ValueArray:
    """GIMP calls this for a script: paint files, or report why that failed."""
    try:
        installation.check_packages()
        import batch_call

        pictures = batch_call.run(config)
    except installation.NotInstalled as error:
        return _failure(procedure, str(error))
    except Exception as error:
        return _failure(procedure, _sentence(error, in_window=False))
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    values.remove(1)
    values.insert(1, GObject.Value(GObject.TYPE_STRV, pictures))
    return values


def _failure(procedure: Gimp.Procedure, sentence: str) -> Gimp.ValueArray:
    return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, GLib.Error(sentence))


def _sentence(error: Exception, *, in_window: bool) -> str:
    from neural_style_protocol.errors import NeuralStyleError
    from sentences import failure_text

    if isinstance(error, NeuralStyleError):
        return failure_text(error, in_window=in_window)
    traceback.print_exception(error, file=sys.stderr)
    return _(
        "Neural Style met an error of its own: {error}. Start GIMP from a terminal to see "
        "more, and please report it."
    ).format(error=f"{type(error).__name__}: {error}")


Gimp.main(NeuralStyle.__gtype__, sys.argv)
