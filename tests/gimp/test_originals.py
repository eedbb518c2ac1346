"""Painted layers know their originals: painting again, adjusting, and the progress for scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from gimp.batch import BatchGimp

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

QUICK = "preset='draft', size=96, iterations=4"


def inside_the_plugin(gimp: BatchGimp) -> str:
    """The beginning of a script that imports the plug-in's own files."""
    plugin = str(gimp.profile.plugin)
    return f"sys.path[:0] = [{plugin!r}, {plugin + '/vendor'!r}]\n"


def test_a_painted_layer_is_painted_again_from_its_original(
    gimp: BatchGimp, photo: Path, images: Path, tmp_path: Path
) -> None:
    """Also after saving, in a copy of the image, when scaled, and while it has a selection."""
    saved = tmp_path / "saved.xcf"
    script = f"""
        import originals
        image = load({str(photo)!r})
        _, painted = call(image, style={str(images / "flower.jpg")!r}, {QUICK})

        def named(image, layers=None):
            choices = originals.choices(image, layers or [image.get_layers()[0]])
            return [[choice.label, [[s.layer.get_name(), s.x, s.width] for s in choice.sources],
                     [s.above.get_name() if s.above else "" for s in choice.sources]]
                    for choice in choices]

        plain = named(image, image.get_layers()[1:])
        fresh = named(image)
        both = [choice.label for choice in originals.choices(image, image.get_layers())]
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 40, 0, 60, 50)
        selected = named(image)
        Gimp.Selection.none(image)
        save(image, {str(saved)!r})
        image = load({str(saved)!r})
        loaded, copied = named(image), named(image.duplicate())
        image.scale(80, 54)
        (scaled,) = originals.originals_of([image.get_layers()[0]]).sources
        image.remove_layer(image.get_layers()[1])
        report(plain=plain, fresh=fresh, both=both, selected=selected, loaded=loaded,
               copied=copied, scaled=[scaled.x, scaled.width, scaled.height], gone=named(image),
               gone_for_adjusting=originals.has_original(image.get_layers()[0]))
    """
    run = gimp.python(inside_the_plugin(gimp) + _flush_left(script))
    name = "flower, 50 % (Neural Style)"
    original = ["original “Background”", [["Background", 0, 160]], [name]]
    itself = [f"layer “{name}”", [[name, 0, 160]], [""]]
    assert run.report == {
        "plain": [["layer “Background”", [["Background", 0, 160]], [""]]],
        "fresh": [original, itself],
        "both": ["original “Background”", "these layers"],
        "selected": [
            ["original “Background”", [["Background", 40, 60]], [name]],
            [f"layer “{name}”", [[name, 40, 60]], [""]],
        ],
        "loaded": [original, itself],
        "copied": [original, itself],
        "scaled": [0, 80, 54],
        "gone": [[f"layer “{name}”", [[name, 0, 80]], [""]]],
        "gone_for_adjusting": False,
    }, run.output


def test_a_script_adjusts_a_painted_layer_in_place(
    gimp: BatchGimp, photo: Path, images: Path
) -> None:
    """The mask, the place, the selection and the selected layer stay; the record is the new one."""
    run = gimp.python(f"""
        image = load({str(photo)!r})
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 20, 80, 60)
        _, painted = call(image, style={str(images / "flower.jpg")!r}, {QUICK})
        before, mask = pixels(painted), pixels(painted.get_mask(), None)
        edits_mask = painted.get_edit_mask()
        painted.set_opacity(60.0)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 50, 50)

        def adjust(layer, **arguments):
            procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style-adjust")
            config = procedure.create_config()
            config.set_property("image", image)
            config.set_core_object_array("drawables", [layer])
            for name, value in arguments.items():
                config.set_property(name, value)
            result = procedure.run(config)
            return result.index(0).value_nick, result.index(1)

        style = Gio.File.new_for_path({str(images / "strokes.png")!r})
        status, adjusted = adjust(painted, style=style, strength=90.0, {QUICK})
        refused, sentence = adjust(image.get_layers()[-1], style=style, {QUICK})
        after = pixels(painted)
        rows = [[row[i : i + 4] for i in range(0, 320, 4)] for row in
                (after[y * 320 : y * 320 + 320] for y in range(60))]
        olds = [[row[i : i + 4] for i in range(0, 320, 4)] for row in
                (before[y * 320 : y * 320 + 320] for y in range(60))]
        _, _, x1, y1, x2, y2 = Gimp.Selection.bounds(image)
        report(
            status=status, same=adjusted == painted, layers=len(image.get_layers()),
            name=painted.get_name(), opacity=painted.get_opacity(),
            offsets=list(painted.get_offsets())[-2:], edits_mask=edits_mask,
            inside=rows[10][5] != olds[10][5], outside=rows[50][70] != olds[50][70],
            mask=pixels(painted.get_mask(), None) == mask, selection=[x1, y1, x2, y2],
            selected=[layer.get_name() for layer in image.get_selected_layers()],
            channels=len(image.get_channels()), locked=painted.get_lock_content(),
            strength=json.loads(bytes(painted.get_parasite("neural-style").get_data()))
                ["settings"]["strength"],
            refused=refused, sentence=str(sentence),
        )
    """)
    sentence = str(run.report.pop("sentence"))
    assert "“Background” was not painted by Neural Style" in sentence
    assert run.report == {
        "status": "success",
        "same": True,
        "layers": 2,
        "name": "strokes, 90 % (Neural Style)",
        "opacity": 60.0,
        "offsets": [30, 20],
        "edits_mask": False,
        "inside": True,
        "outside": True,
        "mask": True,
        "selection": [0, 0, 50, 50],
        "selected": ["strokes, 90 % (Neural Style)"],
        "channels": 0,
        "locked": False,
        "strength": 90.0,
        "refused": "execution-error",
    }, run.output


def test_a_fetched_picture_knows_its_original_in_its_own_image_alone(
    gimp: BatchGimp, photo: Path, images: Path, tmp_path: Path
) -> None:
    script = f"""
        from pathlib import Path
        import filter_run, layer_record, result_layer, source, unfinished
        from job_request import digest_of
        from layer_record import LayerRecord, Original
        from neural_style_protocol.paths import Home
        from neural_style_protocol.settings import Settings
        image, other = load({str(photo)!r}), load({str(images / "flower.jpg")!r})
        (found,), (beside,) = (source.find(it, it.get_layers()) for it in (image, other))
        original = Original(found.layer.get_tattoo(), found.layer.get_name(), 0, 0, 160, 107)
        mix = '[{{"weight": 1.0, "part": [0, 0, 9, 9]}}]'
        record = LayerRecord("file:///a.png", Settings(strength=70.0), original, mix)
        result = result_layer.new_layer(found, "painted", None, record)
        home = Home(Path({str(tmp_path)!r}))
        own = result.unfinished_run("a" * 16, digest_of(source.pixels(found)))
        unfinished.remember(home, own, None, None)
        unfinished.is_running = lambda pid, started: False
        (kept,) = unfinished.orphaned(home)
        fetched, elsewhere = (filter_run._record_of(kept, it) for it in (found, beside))
        report(
            same=fetched == record, original=elsewhere.original, mix=elsewhere.mix == mix,
            without=filter_run._record_of(
                unfinished.UnfinishedRun("b" * 16, "old", 1, 1, 1), found) is None,
        )
    """
    run = gimp.python(inside_the_plugin(gimp) + _flush_left(script))
    assert run.report == {"same": True, "original": None, "mix": True, "without": True}, run.output


def test_a_script_sees_the_progress(gimp: BatchGimp, photo: Path, images: Path) -> None:
    """It goes to GIMP's own progress bar; here to what stands in for it."""
    script = f"""
        import filter_run, installation, waiting_run
        from job_request import JobRequest
        from neural_style_protocol.settings import Settings
        import source, style_image
        seen = []
        Gimp.progress_init = lambda message: seen.append(message)
        Gimp.progress_update = lambda fraction: seen.append(fraction)
        image = load({str(photo)!r})
        style = style_image.read(Gio.File.new_for_path({str(images / "flower.jpg")!r}), None)
        (found,) = source.find(image, image.get_layers())
        request = JobRequest(source.pixels(found), [(style.picture, 1.0)],
                             Settings(preset="draft", size=96, iterations=4))
        with waiting_run.progress_bar():
            pictures = waiting_run.finished_pictures([request, request], installation.read())
        report(seen=seen, pictures=len(pictures))
    """
    run = gimp.python(inside_the_plugin(gimp) + _flush_left(script))
    first, *fractions = run.report.get("seen", [""])
    assert first == "Neural Style", run.output
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] <= 0.5 < fractions[-1] <= 1
    assert run.report["pictures"] == 2


def _flush_left(script: str) -> str:
    return "\n".join(line.removeprefix(" " * 8) for line in script.splitlines())
