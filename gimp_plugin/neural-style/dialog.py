"""The dialog: which style, how strong, and the rest folded away."""

from __future__ import annotations

from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("GimpUi", "3.0")
from gi.repository import GimpUi

import arguments
from neural_style_protocol.settings import SCHEMA
from source import Source
from words import _

ROLE = "neural-style"


def ask(procedure: Any, config: Any, source: Source) -> bool:
    """Let the person change ``config``; False if they cancelled."""
    GimpUi.init(ROLE)
    window = GimpUi.ProcedureDialog.new(procedure, config, _("Neural Style"))
    plain = [setting.option for setting in SCHEMA if not setting.advanced]
    advanced = [setting.option for setting in SCHEMA if setting.advanced]
    window.fill_box("advanced", advanced)
    window.get_label("advanced-title", _("Advanced"), False, False)
    window.fill_expander("advanced-part", "advanced-title", False, "advanced")
    window.fill([arguments.STYLE, *plain, "advanced-part"])
    answer = window.run()
    window.destroy()
    return bool(answer)
