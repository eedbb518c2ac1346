"""The filter, called from scripts in a real GIMP, with a real photograph and a real daemon."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from gimp.batch import BatchGimp
from gimp.gimp_root import REPOSITORY

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

QUICK = "preset='draft', size=96, iterations=4"


def test_python_fu_makes_a_layer_above_the_source(
    gimp: BatchGimp, photo: Path, images: Path
) -> None:
    run = gimp.python(f"""
        image = load({str(photo)!r})
        source = image.get_layers()[0]
        status, layer = call(
            image, style={str(images / "flower.jpg")!r}, strength=60.0, {QUICK})
        report(
            status=status,
            names=[l.get_name() for l in image.get_layers()],
            same=layer == image.get_layers()[0],
            size=[layer.get_width(), layer.get_height()],
            changed=pixels(layer) != pixels(source),
            alpha=set(pixels(layer, "A u8")) == {{255}},
        )
    """)
    assert run.report == {
        "status": "success",
        "names": ["flower, 60 % (Neural Style)", "Background"],
        "same": True,
        "size": [160, 107],
        "changed": True,
        "alpha": True,
    }, run.output


def test_style_can_be_an_open_layer(gimp: BatchGimp, photo: Path, images: Path) -> None:
    """The result is the same as with the file that the layer was loaded from."""
    run = gimp.python(f"""
        path = {str(images / "flower.jpg")!r}
        image, other = load({str(photo)!r}), load(path)
        status, by_file = call(image, image.get_layers(), style=path, {QUICK})
        status, by_layer = call(
            image, image.get_layers()[1:], style_layer=other.get_layers()[0], {QUICK})
        same = status == "success" and pixels(by_file) == pixels(by_layer)
        report(status=status, same=same, other_layers=len(other.get_layers()),
               images=len(Gimp.get_images()))
    """)
    expected = {"status": "success", "same": True, "other_layers": 1, "images": 2}
    assert run.report == expected, run.output


def test_saved_image_has_the_layer_at_its_offset_with_its_alpha(
    gimp: BatchGimp, photo: Path, images: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "saved.xcf"
    run = gimp.python(f"""
        image = load({str(photo)!r})
        source = image.get_layers()[0]
        source.add_alpha()
        # A round hole with a soft edge, so that alpha has every value from 0 to 255.
        Gimp.context_set_feather(True)
        Gimp.context_set_feather_radius(12, 12)
        image.select_ellipse(Gimp.ChannelOps.REPLACE, 40, 20, 70, 60)
        source.edit_clear()
        Gimp.Selection.none(image)
        source.set_offsets(31, -17)
        before = pixels(source, "A u8")
        status, layer = call(image, style={str(images / "flower.jpg")!r}, {QUICK})
        save(image, {str(saved)!r})
        image.delete()
        image = load({str(saved)!r})
        top, below = image.get_layers()
        report(
            status=status,
            levels=len(set(before)),
            alpha=pixels(top, "A u8") == before,
            made_with=json.loads(bytes(top.get_parasite("neural-style").get_data())),
            offsets=[list(l.get_offsets())[-2:] for l in (top, below)],
        )
    """)
    made_with = run.report.pop("made_with")
    assert made_with["style"] == (images / "flower.jpg").as_uri()
    assert made_with["settings"]["strength"] == 50.0
    assert run.report.pop("levels") > 100
    assert run.report == {
        "status": "success",
        "alpha": True,
        "offsets": [[31, -17], [31, -17]],
    }, run.output


def test_script_fu_makes_a_layer(
    gimp: BatchGimp, photo: Path, images: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "flat.png"
    run = gimp.scheme(f"""
        (script-fu-use-v3)
        (let* ((image (gimp-file-load RUN-NONINTERACTIVE "{photo}"))
               (layer (plug-in-neural-style #:run-mode RUN-NONINTERACTIVE
                        #:image image #:drawables (gimp-image-get-selected-layers image)
                        #:style "{images / "flower.jpg"}"
                        #:strength 80 #:preset "draft" #:size 96 #:iterations 4)))
          (gimp-item-set-name layer "made")
          (if (not (= (vector-length (gimp-image-get-layers image)) 2)) (error "no new layer"))
          (gimp-file-save RUN-NONINTERACTIVE image "{saved}" -1))
    """)
    assert run.status == 0, run.output
    with Image.open(saved) as flat, Image.open(photo) as original:
        assert flat.size == original.size
        assert flat.convert("RGB").tobytes() != original.convert("RGB").tobytes()


def test_script_fu_script_ends_with_the_sentence(
    gimp: BatchGimp, photo: Path, tmp_path: Path
) -> None:
    run = gimp.scheme(f"""
        (script-fu-use-v3)
        (let* ((image (gimp-file-load RUN-NONINTERACTIVE "{photo}")))
          (plug-in-neural-style #:run-mode RUN-NONINTERACTIVE #:image image
            #:drawables (gimp-image-get-selected-layers image)
            #:style "{photo}" #:strength 250))
    """)
    assert run.status != 0
    assert "Strength cannot be 250" in run.output
    assert "Choose a value from 0 to 100 %." in run.output


@pytest.mark.parametrize("language", ["python", "scheme"])
def test_the_guides_examples_work(
    gimp: BatchGimp, photo: Path, images: Path, language: str
) -> None:
    """As printed, except for the path of the style image, and with less work."""
    guide = (REPOSITORY / "docs" / "guide.md").read_text(encoding="utf-8")
    example = guide.split(f"```{language}\n")[1].split("```")[0]
    example = example.replace("/path/to/painting.jpg", str(images / "flower.jpg"))
    if language == "python":
        less = 'config.set_property("size", 64)\nconfig.set_property("iterations", 2)\n'
        example = example.replace("result =", f"{less}result =")
        run = gimp.python(f"image = load({str(photo)!r})\n{example}\nreport(name=layer.get_name())")
        assert run.report == {"name": "flower, 60 % (Neural Style)"}, run.output
    else:
        example = example.replace("#:strength 60", "#:strength 60 #:size 64 #:iterations 2")
        before = f'(define image (gimp-file-load RUN-NONINTERACTIVE "{photo}"))'
        after = '(if (= (vector-length (gimp-image-get-layers image)) 1) (error "no layer"))'
        run = gimp.scheme(f"(script-fu-use-v3)\n{before}\n{example}\n{after}")
        assert run.status == 0, run.output


def test_errors_reach_the_caller_as_sentences(
    gimp: BatchGimp, photo: Path, images: Path, tmp_path: Path
) -> None:
    """Each error says what went wrong and what to do, and the image does not change."""
    note = tmp_path / "not-a-picture.png"
    note.write_text("This is not a picture.", encoding="utf-8")
    gone = tmp_path / "gone.jpg"
    run = gimp.python(f"""
        style = {str(images / "flower.jpg")!r}
        image = load({str(photo)!r})
        sentences = {{}}
        def attempt(name, *drawables, **arguments):
            status, sentence = call(image, *drawables, **arguments)
            sentences[name] = [status, str(sentence), len(image.get_layers())]

        attempt("no style")
        attempt("repeat without windows", mode=Gimp.RunMode.WITH_LAST_VALS)
        attempt("deleted style", style={str(gone)!r})
        attempt("not a picture", style={str(note)!r})
        attempt("too strong", style=style, strength=100.5)
        attempt("too large", style=style, size=100000)
        attempt("no layer", [], style=style)
        mask = image.get_layers()[0].create_mask(Gimp.AddMaskType.WHITE)
        channel = Gimp.Channel.new(image, "c", 160, 107, 50.0, Gegl.Color.new("red"))
        image.insert_channel(channel, None, 0)
        attempt("channel", [channel], style=style)
        tiny = Gimp.Layer.new(image, "tiny", 1, 1, Gimp.ImageType.RGB_IMAGE, 100.0,
                              Gimp.LayerMode.NORMAL)
        image.insert_layer(tiny, None, 0)
        attempt("one pixel", [tiny], style=style)
        image.remove_layer(tiny)
        image.get_layers()[0].set_offsets(50, 0)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 20, 20)
        attempt("selection beside", image.get_layers(), style=style)
        Gimp.Selection.none(image)
        image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16,
                              False, False, "")
        attempt("indexed", style=style)
        report(**sentences)
    """)
    assert run.report, run.output
    words = {
        "no style": "No style image was chosen.",
        "repeat without windows": "No style image was chosen.",
        "deleted style": "does not exist (any more)",
        "not a picture": "is not a picture that GIMP can open",
        "too strong": "Strength cannot be 100.5 %. Choose a value from 0 to 100 %.",
        "too large": "Size cannot be 100000 pixels.",
        "no layer": "No layer is selected.",
        "channel": "A channel has no colours to paint.",
        "one pixel": "each side needs at least 16",
        "selection beside": "The selection does not touch the layer.",
        "indexed": "Choose Image > Mode > RGB",
    }
    assert run.report.keys() == words.keys()
    for name, (status, sentence, layers) in run.report.items():
        assert status == "execution-error", name
        assert words[name] in sentence, name
        assert layers == (2 if name == "one pixel" else 1), name


def test_missing_packages_give_a_sentence(gimp: BatchGimp, photo: Path, tmp_path: Path) -> None:
    bare = gimp.profile.copy(tmp_path / "bare")
    vendor = bare.plugin / "vendor"
    vendor.rename(tmp_path / "elsewhere")
    (bare.plugin / "neural-style.py").touch()
    run = BatchGimp(gimp.root, bare, tmp_path, tmp_path).python(f"""
        status, sentence = call(load({str(photo)!r}))
        report(status=status, sentence=sentence)
    """)
    assert run.report.get("status") == "execution-error", run.output
    assert "Neural Style is not fully installed" in run.report["sentence"]
    assert "Run ./install.sh" in run.report["sentence"]
