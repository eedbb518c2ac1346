"""Picture files to the protocol's pixels: PNG, JPEG, TIFF and WebP."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from neural_style.picture_files.formats import FORMATS, KNOWN
from neural_style.picture_files.loaded import LoadedPicture
from neural_style_protocol.errors import InputError
from neural_style_protocol.pixels import MAX_PIXELS, Picture, PictureSpec


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
        raise InputError(f"{path} is not a picture that can be read.", next_step=KNOWN) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path, None) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise InputError(
            f"{path} is damaged or incomplete.",
            next_step="Open it in an image editor and save it again, or choose another picture.",
        ) from error


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


def _too_large(path: Path, size: tuple[int, int] | None) -> InputError:
    dimensions = f" ({size[0]} × {size[1]} pixels)" if size else ""
    return InputError(
        f"{path} is too large{dimensions}.",
        next_step=f"Scale it down to {MAX_PIXELS // 1_000_000} megapixels or fewer.",
    )
