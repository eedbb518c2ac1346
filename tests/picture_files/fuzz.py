"""Picture files with odd metadata, and damaged ones, from a seed.

For thousands of files, run ``python tests/picture_files/fuzz.py 5000`` with ``tests`` on the path.
"""

from __future__ import annotations

import io
import random
import sys
import tempfile
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from neural_style.picture_files import reading
from neural_style_protocol.errors import InputError
from neural_style_protocol.pixels import Picture
from picture_files import file_parts as parts

SIZE = (24, 16)
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF")
_TAGS = (256, 259, 270, 271, 274, 282, 283, 296, 305, 306, 315, 33432, 34665, 34853, 40961)
_TAGS_OF_TIFF = (269, 270, 271, 272, 274, 282, 283, 285, 296, 305, 306, 315, 700, 33432, 33723)
_TAGS_OF_TIFF += (34377, 34665, 34675, 34853, 37724, 42112, 50838, 50839, 65000)


@dataclass(frozen=True)
class Case:
    """One file, and the pixels that it must give; None if they may be damaged."""

    label: str
    data: bytes
    pixels: bytes | None


def image(seed: int) -> Image.Image:
    """A picture whose eight turned and mirrored forms all differ."""
    samples = np.random.default_rng(seed).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
    return Image.fromarray(samples)


def odd_metadata(seed: int) -> Iterator[Case]:
    """Endlessly many files with complete pixels and odd metadata."""
    chance = random.Random(seed)
    pictures = [image(number) for number in range(4)]
    count = 0
    while True:
        kind = FORMATS[count % len(FORMATS)]
        picture = chance.choice(pictures)
        data = _WRITERS[kind](chance, picture)
        yield Case(f"{kind} {count}", data, _decoded(kind, picture))
        count += 1


def damaged(seed: int) -> Iterator[Case]:
    """Endlessly many files with some bytes changed, removed, or both."""
    chance = random.Random(seed)
    plain = [Case(f"of kind {n}", data, None) for n, data in enumerate(_of_many_kinds())]
    for case in odd_metadata(seed):
        case = case if chance.random() < 0.5 else chance.choice(plain)
        data = bytearray(case.data)
        for _ in range(chance.choice((0, 1, 3, 20, 200))):
            data[chance.randrange(len(data))] = chance.choice((0, 255, chance.randrange(256)))
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        yield Case(f"damaged {case.label}", bytes(data), None)


def _of_many_kinds() -> Iterator[bytes]:
    """Files that store samples in other ways."""
    samples = np.asarray(image(0))
    wide = samples.astype(np.uint16) * 257
    for codec in ("lzw", "zlib", "zstd", "jpeg", "packbits", "webp", "jpeg2000", "jpegxl"):
        for tile in (None, (16, 16)):
            yield _tiff_of(samples, compression=codec, tile=tile, rowsperstrip=5)
    for predictor in (False, True):
        yield _tiff_of(wide, compression="zlib", predictor=predictor, bigtiff=True)
        yield _tiff_of(wide.astype(np.float32) / 65535, compression="lzma", predictor=predictor)
    yield _tiff_of(wide.transpose(2, 0, 1).copy(), planarconfig="separate")
    picture = image(1)
    yield parts.saved(picture, "JPEG", progressive=True)
    yield parts.saved(picture.convert("CMYK"), "JPEG", restart_marker_blocks=1)
    yield parts.saved(picture.convert("RGBA"), "WEBP", lossless=True)
    yield parts.saved(picture, "WEBP", save_all=True, append_images=[image(2)])
    for mode in ("1", "L", "P", "LA", "RGBA", "I;16"):
        yield parts.saved(picture.convert("L" if mode == "I;16" else mode).convert(mode), "PNG")


def _tiff_of(samples: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, photometric="rgb", metadata=None, **options)
    return file.getvalue()


def outcome(case: Case, folder: Path) -> str:
    """One of: read, refused, wrong pixels, or the name of an exception."""
    path = folder / "case"
    path.write_bytes(case.data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture = reading.load(path).picture
    except InputError:
        return "refused"
    except Exception as error:
        return type(error).__name__
    if case.pixels is None or case.pixels in _forms(picture):
        return "read"
    return "wrong pixels"


def _forms(picture: Picture) -> set[bytes]:
    """The eight ways to turn and mirror a picture."""
    samples = np.frombuffer(picture.data, np.uint8)
    samples = samples.reshape(picture.height, picture.width, picture.channels)
    turned = [np.rot90(samples, times) for times in range(4)]
    return {form.tobytes() for one in turned for form in (one, one[:, ::-1])}


def _decoded(kind: str, picture: Image.Image) -> bytes:
    if kind == "JPEG":
        with Image.open(io.BytesIO(parts.saved(picture, "JPEG"))) as file:
            return file.tobytes()
    return picture.tobytes()


def _noise(chance: random.Random, most: int = 60) -> bytes:
    return chance.randbytes(chance.randrange(most))


def _entries(chance: random.Random, numbers: tuple[int, ...]) -> list[parts.Entry]:
    chosen = chance.sample(numbers, chance.randrange(1, 9))
    return [_entry(chance, number) for number in chosen]


def _entry(chance: random.Random, number: int) -> parts.Entry:
    """A tag whose type, count and value may contradict each other and the specification."""
    if number == 274 and chance.random() < 0.5:
        return parts.short(274, chance.randrange(10))
    kind = chance.choice((*parts.SIZES, 0, 14, 99, 40000))
    count = chance.choice((0, 1, 1, 1, 2, 3, 9, 70000, 2**31, 2**32 - 1))
    right = parts.SIZES.get(kind, 1) * min(count, 9)
    value = chance.randbytes(right if chance.random() < 0.7 else chance.randrange(30))
    return number, kind, count, value


def _exif(chance: random.Random) -> bytes:
    if chance.random() < 0.1:
        return b"Exif\0\0" * chance.randrange(3) + _noise(chance)
    order = chance.choice("<>")
    block = parts.exif(*_entries(chance, _TAGS), order=order)
    if chance.random() < 0.3:
        block = b"Exif\0\0" * chance.randrange(3) + block
    changed = bytearray(block)
    for _ in range(chance.choice((0, 0, 1, 4))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed[: chance.randrange(len(changed)) if chance.random() < 0.2 else None])


def _jpeg(chance: random.Random, picture: Image.Image) -> bytes:
    makers = (
        lambda: parts.segment(0xE1, b"Exif\0\0" * chance.randrange(2) + _exif(chance)),
        lambda: parts.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + _noise(chance)),
        lambda: parts.segment(0xE2, b"MPF\0" + _exif(chance)[6:]),
        lambda: parts.segment(0xE2, b"ICC_PROFILE\0" + _noise(chance)),
        lambda: parts.segment(0xE0, b"JFXX\0" + _noise(chance)),
        lambda: parts.segment(0xE0, b"JFIF"),
        lambda: parts.segment(0xED, b"Photoshop 3.0\0" + _noise(chance)),
        lambda: parts.segment(0xEE, b"Adobe"),
        lambda: parts.segment(0xFE, _noise(chance)),
        lambda: parts.segment(chance.randrange(0xE3, 0xED), _noise(chance)),
    )
    segments = [makers[0](), *(chance.choice(makers)() for _ in range(chance.randrange(4)))]
    chance.shuffle(segments)
    return parts.with_segments(parts.saved(picture, "JPEG"), *segments)


def _png(chance: random.Random, picture: Image.Image) -> bytes:
    kinds = (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"pHYs", b"gAMA", b"cHRM", b"sRGB")
    kinds += (b"tIME", b"bKGD", b"sBIT", b"hIST", b"sPLT", b"acTL", b"fcTL", b"fdAT", b"cICP")
    chunks = [parts.chunk(b"eXIf", _exif(chance)[6 * chance.randrange(2) :])]
    for _ in range(chance.randrange(5)):
        kind = chance.choice(kinds)
        key = chance.choice((b"", b"a\0", b"XML:com.adobe.xmp\0", b"Raw profile type exif\0\0"))
        payload = key + chance.choice((_noise(chance), zlib.compress(_noise(chance))))
        checksum = chance.choice((None, None, chance.randrange(2**32)))
        chunks.append(parts.chunk(kind, payload, checksum))
    return parts.with_chunks(parts.saved(picture, "PNG"), *chunks)


def _webp(chance: random.Random, picture: Image.Image) -> bytes:
    file = parts.saved(picture, "WEBP", lossless=True)
    chunks = [(b"EXIF", _exif(chance))]
    for kind in (b"ICCP", b"XMP ", b"JUNK"):
        if chance.random() < 0.3:
            chunks.append((kind, _noise(chance)))
    return parts.with_riff_chunks(file, picture.size, *chunks)


def _tiff(chance: random.Random, picture: Image.Image) -> bytes:
    order = chance.choice("<>")
    meaning = [
        parts.short(258, 8, 8, 8, order=order),
        parts.short(259, 1, order=order),
        parts.short(262, 2, order=order),
        parts.short(277, 3, order=order),
    ]
    beside = _entries(chance, _TAGS_OF_TIFF)
    return parts.tiff(picture.size, picture.tobytes(), [*meaning, *beside], order)


_WRITERS = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "TIFF": _tiff}


def main() -> None:
    """Count the outcomes of files of each sort; the first argument says how many files."""
    count = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as name:
        for sort in (odd_metadata, damaged):
            found: Counter[str] = Counter()
            for _, case in zip(range(count), sort(seed), strict=False):
                result = outcome(case, Path(name))
                found[result] += 1
                if result not in ("read", "refused") or (case.pixels and result != "read"):
                    print(case.label, result)
            print(sort.__name__, dict(found))


if __name__ == "__main__":
    main()
