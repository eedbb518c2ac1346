import enum
from collections.abc import Sequence

from gi.repository import Gio, GLib, GObject

class Colorspace(enum.IntEnum):
    RGB = ...

class InterpType(enum.IntEnum):
    NEAREST = ...
    BILINEAR = ...
    HYPER = ...

class Pixbuf(GObject.Object, Gio.Icon):
    # None stands for a lack of memory where a pixbuf can be had otherwise.
    @staticmethod
    def new(
        colorspace: Colorspace, has_alpha: bool, bits: int, width: int, height: int
    ) -> Pixbuf | None: ...
    @staticmethod
    def new_from_bytes(
        data: GLib.Bytes,
        colorspace: Colorspace,
        has_alpha: bool,
        bits: int,
        width: int,
        height: int,
        rowstride: int,
    ) -> Pixbuf: ...
    @staticmethod
    def new_from_file_at_size(filename: str, width: int, height: int) -> Pixbuf: ...
    def apply_embedded_orientation(self) -> Pixbuf | None: ...
    def composite_color(
        self,
        target: Pixbuf,
        x: int,
        y: int,
        width: int,
        height: int,
        offset_x: float,
        offset_y: float,
        scale_x: float,
        scale_y: float,
        interpolation: InterpType,
        alpha: int,
        check_x: int,
        check_y: int,
        check_size: int,
        first_colour: int,
        second_colour: int,
        /,
    ) -> None: ...
    def composite(
        self,
        target: Pixbuf,
        x: int,
        y: int,
        width: int,
        height: int,
        offset_x: float,
        offset_y: float,
        scale_x: float,
        scale_y: float,
        interpolation: InterpType,
        alpha: int,
        /,
    ) -> None: ...
    def copy(self) -> Pixbuf | None: ...
    def copy_area(
        self, x: int, y: int, width: int, height: int, target: Pixbuf, to_x: int, to_y: int, /
    ) -> None: ...
    def fill(self, pixel: int) -> None: ...
    def get_height(self) -> int: ...
    def get_rowstride(self) -> int: ...
    def get_width(self) -> int: ...
    def save_to_bufferv(
        self, kind: str, keys: list[str], values: list[str], /
    ) -> tuple[bool, bytes]: ...
    def new_subpixbuf(self, x: int, y: int, width: int, height: int, /) -> Pixbuf: ...
    def read_pixel_bytes(self) -> GLib.Bytes: ...
    def savev(
        self, filename: str, kind: str, keys: Sequence[str], values: Sequence[str]
    ) -> bool: ...
    def scale_simple(self, width: int, height: int, kind: InterpType, /) -> Pixbuf | None: ...
