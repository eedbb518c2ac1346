"""Many files painted from a script in a real GIMP, by a real daemon."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from gimp.batch import BatchGimp

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

CALL = """
def batch(**arguments):
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style-batch")
    config = procedure.create_config()
    for name, value in arguments.items():
        if name == "output":
            value = Gio.File.new_for_path(value)
        config.set_property(name, value)
    result = procedure.run(config)
    status = result.index(0).value_nick
    return status, result.index(1) if result.length() > 1 else None
"""


@pytest.fixture
def photos(tmp_path: Path, photo: Path) -> Path:
    """A folder with two photographs of 96 × 64 pixels."""
    folder = tmp_path / "photos"
    folder.mkdir()
    with Image.open(photo) as original:
        for name, turned in (("a.png", original), ("b.png", original.transpose(0))):
            turned.resize((96, 64)).save(folder / name)
    return folder


def test_python_fu_paints_a_folder(
    gimp: BatchGimp, photos: Path, images: Path, tmp_path: Path
) -> None:
    """In each style; a second call has nothing to paint, and a broken file is a sentence."""
    out = tmp_path / "painted"
    styles = [str(images / "flower.jpg"), str(images / "strokes.png")]
    run = gimp.python(f"""
        {CALL.replace(chr(10), chr(10) + " " * 8)}
        asked = dict(contents=[{str(photos)!r}], styles={styles!r}, output={str(out)!r},
                     preset="draft", iterations=2)
        first, made = batch(**asked)
        again, same = batch(**asked)
        open({str(photos / "c.png")!r}, "w").write("no picture")
        broken, sentence = batch(**asked)
        nothing, why = batch(contents=[], styles={styles!r}, output={str(out)!r})
        nowhere, where = batch(contents=[{str(photos)!r}], styles={styles!r})
        strong, limit = batch(strength=500.0, **asked)
        report(first=first, made=sorted(made), again=again, same=sorted(same) == sorted(made),
               broken=[broken, str(sentence)], nothing=[nothing, str(why)],
               nowhere=[nowhere, str(where)], strong=[strong, str(limit)],
               images=len(Gimp.get_images()))
    """)
    names = [f"{photo}-{style}.png" for photo in "ab" for style in ("flower", "strokes")]
    assert run.report, run.output
    assert run.report["first"] == "success"
    assert run.report["made"] == [str(out / name) for name in names]
    assert (run.report["again"], run.report["same"], run.report["images"]) == ("success", True, 0)
    sentences = {
        "broken": "Not painted: c-flower.png, c-strokes.png.",
        "nothing": "CONTENT",
        "nowhere": "No folder for the pictures was named.",
        "strong": "Strength cannot be 500 %. Choose a value from 0 to 100 %.",
    }
    for name, words in sentences.items():
        status, sentence = run.report[name]
        assert (status, words in sentence) == ("execution-error", True), run.report[name]
    for name in names:
        with Image.open(out / name) as made, Image.open(photos / f"{name[0]}.png") as original:
            assert made.size == original.size
            assert made.tobytes() != original.tobytes()


def test_script_fu_paints_files(
    gimp: BatchGimp, photos: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "painted"
    run = gimp.scheme(f"""
        (script-fu-use-v3)
        (plug-in-neural-style-batch
          #:contents (list "{photos / "a.png"}" "{photos / "b.png"}")
          #:styles (list "{images / "flower.jpg"}")
          #:output "{out}" #:preset "draft" #:iterations 2)
    """)
    assert run.status == 0, run.output
    made = sorted(path.name for path in out.glob("*.png"))
    assert made == ["a-flower.png", "b-flower.png"], run.output
