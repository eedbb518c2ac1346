"""Every kind of picture in a real GIMP: where the filter paints, and what it must not change."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from gimp.batch import BatchGimp

pytestmark = [pytest.mark.gimp, pytest.mark.timeout(600)]

# A run that is over at once: the pictures' kinds are tested here, not the painting.
STYLE_NAME = "flower.jpg"
QUICK = "preset='draft', size=64, iterations=2"


@pytest.fixture
def style(images: Path) -> str:
    return f"style={str(images / STYLE_NAME)!r}"


def test_selection_is_painted_and_nothing_else(gimp: BatchGimp, photo: Path, style: str) -> None:
    """The bounds of the selection are painted, and its soft edge blends the result."""
    run = gimp.python(f"""
        image = load({str(photo)!r})
        source = image.get_layers()[0]
        source.set_offsets(10, 5)
        before = pixels(source)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 40, 30, 60, 50)
        Gimp.Selection.feather(image, 8)
        _, x, y, w, h = source.mask_intersect()
        soft = image.get_selection().get_buffer().get(
            Gegl.Rectangle.new(x + 10, y + 5, w, h), 1.0, "Y u8", Gegl.AbyssPolicy.NONE)
        status, layer = call(image, {style}, {QUICK})
        mask = layer.get_mask()
        still_selected = not Gimp.Selection.is_empty(image)
        Gimp.Selection.invert(image)
        _, around = call(image, [source], {style}, {QUICK})
        hole = pixels(around.get_mask(), "Y u8")
        middle, corner = hole[55 * around.get_width() + 60], hole[0]
        report(
            status=status,
            inverted=(middle, corner) == (0, 255) and around.get_width() == 150,
            size=[layer.get_width(), layer.get_height()] == [w, h],
            smaller=w < 100 and h < 100,
            offsets=list(layer.get_offsets())[-2:] == [x + 10, y + 5],
            mask=pixels(mask, "Y u8") == soft and len(set(soft)) > 20,
            still_selected=still_selected,
            source_untouched=pixels(source) == before,
        )
    """)
    expected = (
        *("size", "smaller", "offsets", "mask", "inverted", "still_selected", "source_untouched"),
    )
    assert run.report == {"status": "success", **dict.fromkeys(expected, True)}, run.output


PRECISIONS = ("U8_LINEAR", "U16_NON_LINEAR", "U16_LINEAR", "HALF_NON_LINEAR", "FLOAT_LINEAR")


def test_precision_is_kept_without_banding(gimp: BatchGimp, style: str) -> None:
    """At strength 0 a fine ramp is returned at the image's full precision."""
    run = gimp.python(f"""
        import array
        w, h = 256, 64
        # 16,384 shades between a third and two thirds, which 8 bits would show as 85.
        shades = array.array("f", (1/3 + i / (3 * w * h) for i in range(w * h) for _ in range(3)))

        def ramp(precision):
            image = Gimp.Image.new_with_precision(w, h, Gimp.ImageBaseType.RGB, precision)
            source = Gimp.Layer.new(
                image, "ramp", w, h, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
            image.insert_layer(source, None, 0)
            buffer = source.get_buffer()
            buffer.set(Gegl.Rectangle.new(0, 0, w, h), "R'G'B' float", shades.tobytes())
            buffer.flush()
            status, layer = call(image, {style}, strength=0.0, preset="draft", iterations=2)
            got = array.array("f", pixels(layer, "R'G'B' float"))
            had = array.array("f", pixels(source, "R'G'B' float"))
            painted = 0
            if precision == Gimp.Precision.U16_NON_LINEAR:
                _, layer = call(image, [source], {style}, strength=60.0, preset="draft")
                painted = len(set(array.array("f", pixels(layer, "R'G'B' float"))[0::3]))
            return dict(
                painted=painted,
                status=status,
                precision=image.get_precision() == precision,
                error=max(abs(a - b) for a, b in zip(got, had)),
                shades=len(set(got[0::3])),
                had=len(set(had[0::3])),
            )

        report(**{{name: ramp(getattr(Gimp.Precision, name)) for name in {PRECISIONS!r}}})
    """)
    assert list(run.report) == list(PRECISIONS), run.output
    assert run.report["U16_NON_LINEAR"]["painted"] > 1000, "16 bits hold 256 shades"
    for precision, found in run.report.items():
        assert found["status"] == "success", precision
        assert found["precision"], precision
        if precision == "U8_LINEAR":
            # GIMP's own conversion from linear 8 bits to sRGB and back is off by up to three steps.
            assert found["error"] <= 3 / 255
        else:
            assert found["error"] <= 1 / 1000, precision
            assert found["shades"] >= 0.9 * found["had"] > 900, precision


def test_grey_stays_grey(gimp: BatchGimp, photo: Path, style: str) -> None:
    run = gimp.python(f"""
        image = load({str(photo)!r})
        image.convert_grayscale()
        status, layer = call(image, {style}, {QUICK})
        rgb = pixels(layer, "R'G'B' u8")
        report(
            status=status,
            type=layer.type() == Gimp.ImageType.GRAYA_IMAGE,
            base=image.get_base_type() == Gimp.ImageBaseType.GRAY,
            grey=rgb[0::3] == rgb[1::3] == rgb[2::3],
            shades=len(set(rgb)) > 50,
        )
    """)
    assert run.report == {
        "status": "success",
        **dict.fromkeys(("type", "base", "grey", "shades"), True),
    }, run.output


def test_colour_profiles_are_respected(
    gimp: BatchGimp, photo: Path, style: str, tmp_path: Path
) -> None:
    """At strength 0 a wide-gamut picture is returned in its own colour space, not in sRGB."""
    (tmp_path / "p3.icc").write_bytes(display_p3())
    run = gimp.python(f"""
        def with_profile(profile):
            image = load({str(photo)!r})
            image.convert_precision(Gimp.Precision.U16_NON_LINEAR)
            image.set_color_profile(None)
            without = image.get_effective_color_profile()
            if profile is not None:
                intent = Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC
                image.convert_color_profile(profile, intent, True)
            source = image.get_layers()[0]
            status, layer = call(image, {style}, strength=0.0, preset="draft", iterations=2)
            raw = lambda l: memoryview(l.get_buffer().get(
                Gegl.Rectangle.new(0, 0, 160, 107), 1.0, None, Gegl.AbyssPolicy.NONE)).cast("H")
            had, got = raw(source), raw(layer)
            colours = [abs(got[4 * (i // 3) + i % 3] - had[i]) for i in range(len(had))]
            in_srgb = memoryview(pixels(source, "R'G'B' u16")).cast("H")
            kept = image.get_effective_color_profile()
            return dict(
                status=status,
                profile=kept.is_equal(profile or without),
                size=[layer.get_width(), layer.get_height()],
                error=max(colours),
                apart=max(abs(in_srgb[i] - had[i]) for i in range(len(had))),
            )

        with open({str(tmp_path / "p3.icc")!r}, "rb") as file:
            display_p3 = Gimp.ColorProfile.new_from_icc_profile(file.read())
        report(
            adobe=with_profile(Gimp.ColorProfile.new_rgb_adobe()),
            p3=with_profile(display_p3),
            none=with_profile(None),
        )
    """)
    assert list(run.report) == ["adobe", "p3", "none"], run.output
    for name, found in run.report.items():
        assert (found["status"], found["profile"]) == ("success", True), name
        assert found["size"] == [160, 107]
        assert found["error"] < 200, name
        if name != "none":
            assert found["apart"] > 1500, f"the picture must differ in sRGB and in {name}"


def display_p3() -> bytes:
    """An ICC profile with the primaries of Display P3, adapted to D50, and sRGB's curve."""

    def fixed(*values: float) -> bytes:
        return struct.pack(f">{len(values)}i", *(round(65536 * value) for value in values))

    text = "Display P3".encode("utf-16-be")
    words = b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, len(text), 28) + text
    curve = b"para" + struct.pack(">IHH", 0, 3, 0)
    curve += fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    tags = {
        b"desc": words,
        b"cprt": words,
        b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249),
        b"rXYZ": b"XYZ \0\0\0\0" + fixed(0.51512, 0.24120, -0.00105),
        b"gXYZ": b"XYZ \0\0\0\0" + fixed(0.29198, 0.69225, 0.04189),
        b"bXYZ": b"XYZ \0\0\0\0" + fixed(0.15710, 0.06657, 0.78407),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, data = struct.pack(">I", len(tags)), b""
    begin = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += name + struct.pack(">II", begin + len(data), len(tag))
        data += tag + b"\0" * (-len(tag) % 4)
    head = struct.pack(">II", begin + len(data), 0) + struct.pack(">I", 0x04200000)
    head += b"mntrRGB XYZ " + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += fixed(0.9642, 1.0, 0.8249)
    return head + bytes(128 - len(head)) + table + data


def test_groups_masks_and_locks(gimp: BatchGimp, photo: Path, style: str) -> None:
    """The new layer is directly above its source, and nothing else changes."""
    run = gimp.python(f"""
        image = load({str(photo)!r})
        inner = image.get_layers()[0]
        group = Gimp.GroupLayer.new(image)
        image.insert_layer(group, None, 0)
        image.reorder_item(inner, group, 0)
        other = Gimp.Layer.new(
            image, "other", 160, 107, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
        image.insert_layer(other, group, 0)
        statuses = []
        def attempt(drawable):
            status, layer = call(image, [drawable], {style}, {QUICK})
            statuses.append([status, str(layer)] if status != "success" else status)
            return layer
        in_group = attempt(inner)
        order = [l.get_name() for l in group.get_children()]
        of_group = attempt(group)
        top = [l.get_name() for l in image.get_layers()]
        mask = inner.create_mask(Gimp.AddMaskType.WHITE)
        inner.add_mask(mask)
        of_mask = attempt(inner.get_mask())
        above = image.get_item_position(of_mask) + 1 == image.get_item_position(inner)
        inner.set_lock_content(True)
        inner.set_lock_alpha(True)
        before = pixels(inner)
        of_locked = attempt(inner)
        report(
            statuses=statuses, order=order[1:] == [in_group.get_name(), inner.get_name()],
            group=top[0] == of_group.get_name() and len(top) == 2, above=above,
            untouched=pixels(inner) == before,
        )
    """)
    assert run.report == {
        "statuses": ["success"] * 4,
        **dict.fromkeys(("order", "group", "above", "untouched"), True),
    }, run.output


def test_layers_outside_the_canvas_and_hidden_colours(
    gimp: BatchGimp, photo: Path, style: str
) -> None:
    """The colours of fully transparent pixels must not show in the result."""
    run = gimp.python(f"""
        def run_with(hidden):
            image = load({str(photo)!r})
            source = image.get_layers()[0]
            source.add_alpha()
            image.resize(100, 60, -20, -20)
            data = bytearray(pixels(source))
            for i in range(0, len(data), 4):
                if (i // 4) % 160 > 100:
                    data[i:i + 4] = bytes([*hidden, 0])
            buffer = source.get_buffer()
            whole = Gegl.Rectangle.new(0, 0, 160, 107)
            buffer.set(whole, "R'G'B'A u8", bytes(data))
            buffer.flush()
            status, layer = call(image, {style}, {QUICK})
            return status, layer, pixels(layer), pixels(source, "A u8")
        status, layer, red, alpha = run_with((255, 0, 0))
        _, _, blue, _ = run_with((0, 0, 255))
        seen = [i for i in range(0, len(red), 4) if red[i + 3] > 0]
        report(
            status=status,
            alpha=red[3::4] == alpha,
            offsets=list(layer.get_offsets())[-2:],
            leak=max(abs(red[i + c] - blue[i + c]) for i in seen for c in range(3)),
        )
    """)
    assert run.report == {
        "status": "success",
        "alpha": True,
        "offsets": [-20, -20],
        "leak": 0,
    }, run.output


@pytest.mark.timeout(600)
def test_very_small_and_very_large_layers(
    gimp: BatchGimp, photo: Path, images: Path, style: str
) -> None:
    """From the smallest size that the network accepts to 15 megapixels."""
    large = images / "china.jpg"
    run = gimp.python(f"""
        def rows(drawable):
            data, length = pixels(drawable, "R'G'B' u8"), 3 * drawable.get_width()
            return [data[k : k + length] for k in range(0, len(data), length)]

        def painted(path, width, height, **settings):
            image = load(path)
            image.scale(width, height)
            source = image.get_layers()[0]
            before = rows(source)
            status, layer = call(image, {style}, preset="draft", iterations=1, **settings)
            if status != "success":
                return [status, layer, len(image.get_layers())]
            # To the last row and column: no part of a large layer is left out.
            after = rows(layer)
            changed = [old != new for old, new in zip(before, after, strict=True)]
            ended = [row[-3:] != b"\\0\\0\\0" for row in after]
            size = [layer.get_width(), layer.get_height()]
            return [status, size, all(changed), all(ended), rows(source) == before]
        report(
            large=painted({str(large)!r}, 5000, 3000, size=256),
            narrow=painted({str(photo)!r}, 400, 24),
            least=painted({str(photo)!r}, 16, 16),
            refused=painted({str(photo)!r}, 12, 8),
        )
    """)
    assert run.report, run.output
    for name, size in (("large", [5000, 3000]), ("narrow", [400, 24]), ("least", [16, 16])):
        assert run.report[name] == ["success", size, True, True, True], (name, run.output)
    status, sentence, layers = run.report["refused"]
    assert (status, layers) == ("execution-error", 1), run.report
    assert "12 × 8" in sentence
