"""Picture files to the protocol's pixels and back: PNG, JPEG, TIFF and WebP."""

from __future__ import annotations

import io
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from neural_style_protocol.errors import InputError, StorageError
from neural_style_protocol.pixels import MAX_PIXELS, Picture, PictureSpec

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
_KNOWN = "Use a PNG, JPEG, TIFF or WebP file."
_SAVE_OPTIONS: dict[str, dict[str, object]] = {
    "PNG": {"compress_level": 6},
    "JPEG": {"quality": 95, "subsampling": 0, "optimize": True},
    "TIFF": {"compression": "tiff_deflate"},
    "WEBP": {"quality": 95, "method": 4},
}


@dataclass(frozen=True)
class LoadedPicture:
    """A file's pixels as 8-bit sRGB, and what had to be done to get them, in sentences."""

    picture: Picture
    notes: tuple[str, ...] = ()


def load(path: Path) -> LoadedPicture:
    """Read ``path``, upright and in sRGB; with alpha where it has any transparency.

    Raises:
        InputError: missing, not a picture of a known format, damaged, empty or too large.
    """
    with _opened(path) as image:
        return _converted(image)


def load_mask(path: Path, size: tuple[int, int]) -> LoadedPicture:
    """Read ``path`` as a mask of ``size`` (width, height): white is 255, black is 0.

    Raises:
        InputError: as :func:`load`.
    """
    with _opened(path) as image:
        grey = _eight_bit(ImageOps.exif_transpose(image)).convert("L")
    notes: tuple[str, ...] = ()
    if grey.size != size:
        grey = grey.resize(size, Image.Resampling.BILINEAR)
        notes = (f"The mask was scaled to {size[0]} × {size[1]} pixels.",)
    return LoadedPicture(Picture(PictureSpec(*size, 1), grey.tobytes()), notes)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The decoded file; what can be wrong with it comes out as an InputError."""
    try:
        with warnings.catch_warnings():
            # Pillow's own warning is replaced by the limit below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=sorted(set(FORMATS.values()))) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise _too_large(path, image.size)
                image.load()
                yield image
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder, not a picture.") from error
    except PermissionError as error:
        raise InputError(f"{path} may not be read.", next_step="Check its permissions.") from error
    except UnidentifiedImageError as error:
        raise InputError(f"{path} is not a picture that can be read.", next_step=_KNOWN) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path, None) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise InputError(
            f"{path} is damaged or incomplete.",
            next_step="Open it in an image editor and save it again, or choose another picture.",
        ) from error


def image_of(picture: Picture) -> Image.Image:
    """Pillow's image of an 8-bit picture: L, RGB or RGBA."""
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[picture.channels]
    return Image.frombytes(mode, (picture.width, picture.height), picture.data)


def format_for(path: Path) -> str:
    """Pillow's name of the format that the ending of ``path`` stands for.

    Raises:
        InputError: the ending is not known.
    """
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        ending = path.suffix or "no ending"
        raise InputError(
            f"A picture cannot be saved as {path.name} ({ending}).",
            next_step="Give the output a name that ends in .png, .jpg, .tif or .webp.",
        ) from None


def check_writable(path: Path) -> None:
    """Find out before the work whether its result can be saved.

    Raises:
        InputError: the ending is not known.
        StorageError: there is no such folder, or it cannot be written to.
    """
    format_for(path)
    folder = path.parent
    if not folder.is_dir():
        raise StorageError(f"There is no folder {folder}.", next_step="Make it first.")
    if path.is_dir() or not os.access(folder, os.W_OK):
        raise StorageError(f"{path} cannot be written.", next_step="Choose another place.")


def save(picture: Picture, path: Path) -> tuple[str, ...]:
    """Write ``picture`` to ``path`` whole or not at all; returns notes, in sentences.

    Raises:
        InputError: the ending is not known.
        StorageError: the file cannot be written.
    """
    kind = format_for(path)
    image = image_of(picture)
    notes: tuple[str, ...] = ()
    if kind == "JPEG" and image.mode == "RGBA":
        image = _on_white(image)
        notes = ("JPEG has no transparency: transparent parts became white.",)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                image.save(file, kind, **_SAVE_OPTIONS[kind])
            os.chmod(name, 0o666 & ~_umask())
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be written ({error}).") from error
    return notes


def _converted(image: Image.Image) -> LoadedPicture:
    notes = []
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    if upright.mode == "CMYK":
        notes.append("The CMYK picture was converted to sRGB.")
    colours = _to_srgb(_eight_bit(upright), profile)
    mode = "RGBA" if colours.has_transparency_data else "RGB"
    colours = colours.convert(mode)
    spec = PictureSpec(colours.width, colours.height, len(mode))
    return LoadedPicture(Picture(spec, colours.tobytes()), tuple(notes))


def _eight_bit(image: Image.Image) -> Image.Image:
    """Pillow clips 16-bit and float grey when it converts; scale it instead."""
    if image.mode.startswith("I;16") or image.mode == "I":
        return image.convert("I").point(lambda value: value / 257).convert("L")
    if image.mode == "F":
        return image.point(lambda value: value * 255).convert("L")
    return image


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    opaque = image.convert("RGB") if image.mode == "RGBA" else image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            opaque, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return image  # a broken or unfitting profile says nothing about the colours
    if converted is None:
        return image
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _too_large(path: Path, size: tuple[int, int] | None) -> InputError:
    dimensions = f" ({size[0]} × {size[1]} pixels)" if size else ""
    return InputError(
        f"{path} is too large{dimensions}.",
        next_step=f"Scale it down to {MAX_PIXELS // 1_000_000} megapixels or fewer.",
    )
