"""What scripts begin with that look at the plug-in's widgets from inside GIMP."""

from __future__ import annotations

import textwrap

from gimp.batch import BatchGimp, BatchRun

_HEAD = '''
plugin = {plugin!r}
sys.path[:0] = [plugin, plugin + "/vendor"]
import os, time
os.environ["GDK_SCALE"] = {scale!r}
from pathlib import Path
import gi
for name, version in dict(Gdk="3.0", GdkPixbuf="2.0", Gtk="3.0", GimpUi="3.0").items():
    gi.require_version(name, version)
from gi.repository import Gdk, GdkPixbuf, GimpUi, Gtk
GimpUi.init("tests")
import arguments, dialog, installation, originals, source
HOME = installation.read().home

def new_image(width, height, kind=Gimp.ImageBaseType.RGB):
    """An image with one layer, all of it in a middling colour."""
    image = Gimp.Image.new(width, height, kind)
    grey = kind == Gimp.ImageBaseType.GRAY
    layer_kind = Gimp.ImageType.GRAY_IMAGE if grey else Gimp.ImageType.RGB_IMAGE
    normal = Gimp.LayerMode.NORMAL
    layer = Gimp.Layer.new(image, "layer", width, height, layer_kind, 100.0, normal)
    image.insert_layer(layer, None, 0)
    Gimp.context_set_foreground(Gegl.Color.new("rgb(0.8, 0.4, 0.1)"))
    layer.fill(Gimp.FillType.FOREGROUND)
    return image

def ask(image, check, style=None):
    """What dialog.ask answers while ``check(window)`` takes the place of its user."""
    GimpUi.ProcedureDialog.run = lambda window: (window.show(), check(window))[1]
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style")
    ask.config = procedure.create_config()
    if style is not None:
        ask.config.set_property("style", Gio.File.new_for_path(style))
    layers = source.find(image, image.get_selected_layers())
    choices = [originals.SourceChoice("", tuple(layers))]
    return dialog.ask(
        procedure, ask.config, choices, installation.read(), title="Neural Style", record=None
    )

def live(seconds):
    """Let the window live."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        while Gtk.events_pending():
            Gtk.main_iteration()
        time.sleep(0.01)

def until(condition):
    """Let the window live until ``condition()``; whether it came."""
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        live(0.05)
    return bool(condition())

def parts(widget):
    yield widget
    if isinstance(widget, Gtk.Container):
        children = []
        widget.forall(children.append)
        for child in children:
            yield from parts(child)

def all_of(window, kind):
    return [part for part in parts(window) if isinstance(part, kind)]

def said(window):
    """The texts of all labels that can be seen."""
    return [label.get_text() for label in all_of(window, Gtk.Label) if label.get_mapped()]

def says(window, words):
    return any(words in text for text in said(window))

def button(window, words):
    """The button whose label begins with these words."""
    buttons = all_of(window, Gtk.Button)
    return next(b for b in buttons if (b.get_label() or "").replace("_", "").startswith(words))

def can_paint(window):
    return window.get_widget_for_response(Gtk.ResponseType.OK).get_sensitive()
'''


def run_inside(gimp: BatchGimp, body: str, display: str, *, scale: int = 1) -> BatchRun:
    """Run a script with the names above, in a GIMP that can make windows on ``display``.

    GTK's own pixels are ``scale`` pixels of the screen wide and high.
    """
    head = _HEAD.format(plugin=str(gimp.profile.plugin), scale=str(scale))
    return gimp.python(head + textwrap.dedent(body), display=display)
