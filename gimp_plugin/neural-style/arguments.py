"""The procedure's arguments, made from the settings schema, and their conversion to Settings."""

from __future__ import annotations

import sys

from gi.repository import Gimp, GObject

from neural_style_protocol.settings import SCHEMA, Setting, Settings, setting
from words import _

STYLE = "style"
STYLE_LAYER = "style-layer"
MIX = "mix"
FRAMES = "frames"
RESULT = "new-layer"
CONTENTS = "contents"
STYLES = "styles"
OUTPUT = "output"
RETRY = "retry"
PICTURES = "pictures"
READ_WRITE = GObject.ParamFlags.READWRITE

CARDS = (*(f"cuda:{number}" for number in range(16)), "mps:0")
"""The values of *Device* for graphics cards; GIMP wants to know them when it starts."""

# GIMP silently ignores a value outside an argument's range. So the arguments have no range, and
# the schema's own check reports the error. The help text says the range.
WIDEST_NUMBER = sys.float_info.max
WIDEST_INTEGER = 2**31 - 1


def add_to(procedure: Gimp.Procedure) -> None:
    """Add the style image (a file or a layer), the mix, every setting, and the returned layer."""
    procedure.add_file_argument(
        STYLE,
        _("Style image"),
        _("The picture whose style is painted with."),
        Gimp.FileChooserAction.ANY,  # with OPEN, GIMP itself would report a missing file
        True,
        None,
        READ_WRITE,
    )
    procedure.add_drawable_argument(
        STYLE_LAYER,
        _("Style layer"),
        _("A layer to be painted with instead of a file."),
        True,
        READ_WRITE,
    )
    procedure.add_string_argument(
        MIX,
        _("Mix of styles"),
        _(
            "Further style files, and the weight and the part (left, top, width and height in "
            "pixels) of each, as JSON. The first entry is the style image or layer."
        ),
        "",
        READ_WRITE,
    )
    for each in SCHEMA:
        _add_setting(procedure, each)
    procedure.add_boolean_argument(
        FRAMES,
        _("Layers are frames"),
        _(
            "Several layers are the frames of an animation, the lowest first. Each is painted "
            "after the one before it, so that strokes follow what they are on."
        ),
        False,
        READ_WRITE,
    )
    procedure.add_layer_return_value(
        RESULT, _("New layer"), _("The layer that holds the picture."), True, READ_WRITE
    )


def add_to_batch(procedure: Gimp.Procedure) -> None:
    """Add the photos, the styles and the folder of a batch, every setting, and what it returns."""
    procedure.add_string_array_argument(
        CONTENTS, _("Photos"), _("Files, and folders of pictures."), READ_WRITE
    )
    procedure.add_string_array_argument(
        STYLES,
        _("Style images"),
        _("Files. Each photo is painted in each of these styles."),
        READ_WRITE,
    )
    procedure.add_file_argument(
        OUTPUT,
        _("Folder"),
        _("Where the pictures are saved. It is made if it is missing."),
        Gimp.FileChooserAction.ANY,
        True,
        None,
        READ_WRITE,
    )
    procedure.add_boolean_argument(
        RETRY, _("Retry"), _("Also paint what could not be painted before."), False, READ_WRITE
    )
    for each in SCHEMA:
        _add_setting(procedure, each)
    procedure.add_string_array_return_value(
        PICTURES, _("Pictures"), _("The files of the painted pictures."), READ_WRITE
    )


def _add_setting(procedure: Gimp.Procedure, wanted: Setting) -> None:
    head = (wanted.option, _(wanted.label), _help_text(wanted))
    if wanted.kind == "choice":
        procedure.add_choice_argument(*head, _choice(wanted), str(wanted.default), READ_WRITE)
    elif wanted.kind == "switch":
        procedure.add_boolean_argument(*head, bool(wanted.default), READ_WRITE)
    elif wanted.kind == "integer":
        limits = (-WIDEST_INTEGER - 1, WIDEST_INTEGER)
        procedure.add_int_argument(*head, *limits, int(wanted.default), READ_WRITE)
    else:
        procedure.add_double_argument(
            *head, -WIDEST_NUMBER, WIDEST_NUMBER, float(wanted.default), READ_WRITE
        )


def _choice(setting: Setting) -> Gimp.Choice:
    choice = Gimp.Choice.new()
    labels = {value: _(label) for value, label in setting.choices.items()}
    if setting.name == "device":
        labels |= {card: _("Graphics card {device}").format(device=card) for card in CARDS}
    for index, (value, label) in enumerate(labels.items()):
        choice.add(value, index, label, "")
    return choice


def _help_text(setting: Setting) -> str:
    if setting.minimum is None or setting.maximum is None:
        return _(setting.help)
    unit = f" {_(setting.unit)}" if setting.unit else ""
    return f"{_(setting.help)} ({setting.minimum:g}–{setting.maximum:g}{unit})"


def settings_of(config: Gimp.ProcedureConfig) -> Settings:
    """The settings in a call's configuration.

    Raises:
        SettingsError: one of them is out of range.
    """
    return Settings.from_dict({each.name: config.get_property(each.option) for each in SCHEMA})


def apply(settings: Settings, config: Gimp.ProcedureConfig) -> None:
    """Write ``settings`` into ``config``."""
    for name, value in settings.to_dict().items():
        config.set_property(setting(name).option, value)
