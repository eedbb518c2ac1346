"""Each control of the dialog has a name for screen readers, a tooltip, and its own mnemonic."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gimp.batch import BatchGimp
from gimp.desktop import Desktop

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

GIMPS_OWN = {"Help", "Reset", "Cancel", "Paint", "Réinitialiser", "Annuler", "Peindre"}
"""Buttons of GIMP's own dialog, which have no tooltips."""

NEEDED = {
    "en": {"Paint", "Strength", "Preset", "Size", "Colours", "Advanced", "From file…"}
    | {"Style image", "Put on canvas"},
    "fr": {"Peindre", "Intensité", "Préréglage", "Couleurs", "Taille", "Image de style"},
}
"""The most used controls have a mnemonic in every language; in French the letters run out."""

LOOK = """
    import locale
    plugin = {plugin!r}
    sys.path[:0] = [plugin, plugin + "/vendor"]
    import gi
    gi.require_version("Atk", "1.0")
    gi.require_version("Gtk", "3.0")
    gi.require_version("GimpUi", "3.0")
    from gi.repository import Atk, Gdk, GimpUi, Gtk
    # The plug-in's catalogue, which GIMP binds only in the plug-in's process.
    locale.bindtextdomain("neural-style", plugin + "/locale")
    locale.textdomain("neural-style")
    import dialog, installation, layer_record, originals, source
    from neural_style_protocol.settings import SCHEMA, Settings
    from words import _

    OPTIONS = {{_(setting.label): setting.option for setting in SCHEMA}}
    nameless, without_help, letters, turned, sizes, strengths = [], [], [], [], [], []

    def parts(widget):
        yield widget
        # The items of a list of choices need no name.
        if isinstance(widget, Gtk.Container) and not isinstance(widget, Gtk.ComboBox):
            children = []
            widget.forall(children.append)
            for child in children:
                yield from parts(child)

    def turn_the_wheel(widget):
        before = config.get_property(widget.option)
        event = Gdk.Event.new(Gdk.EventType.SCROLL)
        event.window = widget.get_window()
        event.scroll.direction = Gdk.ScrollDirection.DOWN
        widget.event(event)
        if config.get_property(widget.option) != before:
            turned.append(widget.option)

    def type_sizes(spin):
        for text in ("1200", "no number", "300"):
            spin.set_text(text)
            spin.update()
            sizes.append((config.get_property("size"), spin.get_text()))

    def type_strength(spin):
        spin.set_text("73")
        spin.update()
        strengths.append(config.get_property("strength"))

    def press(scale, key):
        event = Gdk.Event.new(Gdk.EventType.KEY_PRESS)
        event.window = scale.get_window()
        event.key.keyval = key
        scale.event(event)
        strengths.append(config.get_property("strength"))

    def change_strength(window):
        ours = [w for w in parts(window) if getattr(w, "option", "") == "strength"]
        for spin in (widget for widget in ours if isinstance(widget, Gtk.SpinButton)):
            type_strength(spin)
        for scale in (widget for widget in ours if isinstance(widget, Gtk.Scale)):
            press(scale, Gdk.KEY_Page_Up)
            press(scale, Gdk.KEY_Page_Down)

    def look(window):
        window.show()
        for widget in list(parts(window)):
            if isinstance(widget, Gtk.Expander):
                widget.set_expanded(True)
            if isinstance(widget, Gtk.Label) and widget.get_mnemonic_keyval() != 0xFFFFFF:
                letters.append((chr(widget.get_mnemonic_keyval()).upper(), widget.get_text()))
            takes_keys = widget.get_can_focus() or isinstance(widget, Gtk.ComboBox)
            if not (takes_keys and widget.get_visible()):
                continue
            if isinstance(widget, (Gtk.Window, Gtk.Label)):
                continue
            accessible = widget.get_accessible()
            relations = accessible.ref_relation_set()
            named = accessible.get_name() or relations.contains(Atk.RelationType.LABELLED_BY)
            words = accessible.get_name() or str(widget)
            if isinstance(widget, (Gtk.Scale, Gtk.SpinButton)):
                widget.option = OPTIONS[words]
                turn_the_wheel(widget)
                if widget.option == "size":
                    type_sizes(widget)
            if not named:
                nameless.append(words)
            if not widget.get_tooltip_text():
                without_help.append(words)
        change_strength(window)
        return False

    GimpUi.ProcedureDialog.run = look
    image = load({picture!r})
    layer, = image.get_selected_layers()
    layer_record.LayerRecord("file:///a.png", Settings()).attach_to(layer)
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style")
    found = source.find(image, [layer])
    config = procedure.create_config()
    choices = [originals.SourceChoice("", tuple(found))]
    dialog.ask(
        procedure, config, choices, installation.read(),
        title="Neural Style", record=layer_record.read_from(layer),
    )
    report(
        nameless=nameless, without_help=without_help, letters=letters, turned=turned, sizes=sizes,
        strengths=strengths,
    )
"""


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_control_has_a_name_a_tooltip_and_keyboard_access(
    quick_desktop: Desktop, gimp: BatchGimp, photo: Path, language: str
) -> None:
    script = LOOK.format(plugin=str(gimp.profile.plugin), picture=str(photo))
    run = gimp.python(script, language=language, display=quick_desktop.display)
    assert run.report, run.output
    assert run.report["nameless"] == []
    assert set(run.report["without_help"]) <= GIMPS_OWN
    letters = Counter(letter for letter, _words in run.report["letters"])
    assert [letter for letter, count in letters.items() if count > 1] == [], run.report["letters"]
    marked = {words for _letter, words in run.report["letters"]}
    assert NEEDED[language] <= marked, run.report["letters"]
    assert set(run.report["turned"]) == {"strength"}, (
        "whoever turns the wheel to see more changes settings"
    )
    word = {"en": "Automatic", "fr": "Automatique"}[language]
    assert run.report["sizes"] == [[1200, "1200"], [0, word], [300, "300"]]
    assert run.report["strengths"] == [73.0, 83.0, 73.0]
