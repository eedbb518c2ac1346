"""Clips: their frames, upright and in RGB, and new clips with the same times and sound. PyAV."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neural_style.video.clip_colours import ClipColours
from neural_style_protocol import atomic
from neural_style_protocol.errors import InputError, StorageError
from neural_style_protocol.optional_packages import needed
from neural_style_protocol.phrases import reason
from neural_style_protocol.pixels import Picture

# Without mbtree=0, x264 does not always give the same file for the same pictures.
_X264 = ("libx264", {"crf": "16", "preset": "medium", "x264-params": "mbtree=0"})
_VP9 = ("libvpx-vp9", {"crf": "24", "b": "0"})
ENCODERS = {".mp4": _X264, ".m4v": _X264, ".mov": _X264, ".mkv": _X264, ".webm": _VP9}
"""Encoder and options by the ending of a clip's name."""
CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
TICKS = 90_000
"""Units in a second, for a clip that is made of single pictures."""


@dataclass(frozen=True)
class Moment:
    """When a frame is seen: its start and its length in seconds; length 0 if it is not known."""

    start: Fraction
    length: Fraction


@dataclass(frozen=True)
class ClipFrame:
    """One frame: ``picture`` is upright, ``u8`` with 3 channels."""

    picture: Picture
    moment: Moment


@dataclass(frozen=True)
class Survey:
    """What is in a clip: frames that can be read and that cannot, and the sizes of the former."""

    frames: int
    broken: int
    sizes: tuple[tuple[int, int], ...]
    has_sound: bool


@dataclass(frozen=True)
class TimedPicture:
    """A picture of a clip to be written; its alpha is left out."""

    picture: Picture
    moment: Moment


def survey(path: Path) -> Survey:
    """Read all of a clip, but convert nothing.

    Raises:
        InputError: it is no clip, has no frame, or has colours that cannot be painted.
    """
    frames = broken = 0
    sizes: dict[tuple[int, int], None] = {}
    with _opened(path) as container:
        for frame in _decoded(container, path):
            if frame is None:
                broken += 1
                continue
            frames += 1
            size = (frame.width, frame.height)
            sizes[size[::-1] if frame.rotation % 180 else size] = None
            ClipColours.of(frame, path)
        has_sound = bool(container.streams.audio)
    if not frames:
        raise InputError(
            "{path} has no frame that can be read.", next_step="Choose another clip.", path=path
        )
    return Survey(frames, broken, tuple(sizes), has_sound)


def frames(path: Path) -> Iterator[ClipFrame]:
    """The frames that can be read, in order.

    Raises:
        InputError: it is no clip, or has colours that cannot be painted.
    """
    end = Fraction(0)
    with _opened(path) as container:
        rate = container.streams.video[0].average_rate or Fraction(25)
        for frame in _decoded(container, path):
            if frame is None:
                continue
            unit = frame.time_base
            start = end if frame.pts is None else frame.pts * unit
            length = (frame.duration or 0) * unit if unit else 1 / Fraction(rate)
            end = start + (length or 1 / Fraction(rate))
            yield ClipFrame(_upright(frame, path), Moment(start, length))


def check(path: Path, source: Path | None) -> None:
    """Check before the work that a clip with the sound of ``source`` can be called ``path``.

    Raises:
        InputError: the ending is none of a clip, or such a clip cannot hold that sound.
    """
    if path.suffix.lower() not in ENCODERS:
        raise InputError(
            "A clip cannot be saved as {name}.",
            next_step="Give it a name that ends in .mp4, .mov, .mkv or .webm, or name a folder.",
            name=path.name,
        )
    with _sound_of(source) as sound:
        av = needed("av")
        try:
            with av.open(io.BytesIO(), "w", format=CONTAINERS[path.suffix.lower()]) as target:
                target.add_stream(ENCODERS[path.suffix.lower()][0], rate=25)
                for stream in sound.streams:
                    target.add_stream_from_template(stream)
                target.start_encoding()
        except (av.FFmpegError, ValueError) as error:
            raise InputError(
                "A {ending} file cannot hold the sound of {source}.",
                next_step="Give the output a name that ends in .mkv.",
                ending=path.suffix,
                source=source or path,
            ) from error


def write(
    path: Path,
    pictures: Iterable[TimedPicture],
    source: Path | None,
    folder: Path | None = None,
) -> None:
    """Write a clip atomically, with the sound, the times and the kind of colours of ``source``.

    Args:
        pictures: at least one, all of one size, in the order of their times.
        source: None for a clip of single pictures, without sound.
        folder: where the clip is until it is complete, on the file system of ``path``; by default
            beside ``path``.

    Raises:
        InputError: the pictures differ in size.
        StorageError: the clip cannot be written; nothing has changed.
    """
    av = needed("av")
    ending = path.suffix.lower()
    try:
        with (
            atomic.replacing(path, mode=0o666, folder=folder) as file,
            _sound_of(source) as sound,
            av.open(file, "w", format=CONTAINERS[ending]) as target,
        ):
            _encode(target, ending, pictures, sound, source)
    except av.FFmpegError as error:
        raise StorageError(
            "{path} cannot be written ({reason}).", path=path, reason=reason(error)
        ) from error


def _encode(
    target: Any, ending: str, pictures: Iterable[TimedPicture], sound: _Sound, source: Path | None
) -> None:
    colours, unit = _manner_of(source)
    stream = None
    size = (0, 0)
    copies = {}
    for timed in pictures:
        picture = timed.picture
        if stream is None:
            size = (picture.width, picture.height)
            name, options = ENCODERS[ending]
            stream = target.add_stream(name, rate=25, options=options)
            stream.width, stream.height = size
            colours.prepare(stream.codec_context, size)
            stream.codec_context.time_base = stream.time_base = unit
            copies = {each.index: target.add_stream_from_template(each) for each in sound.streams}
        if (picture.width, picture.height) != size:
            raise InputError(
                "The frames have different sizes, and a clip has one.",
                next_step="Name a folder as the output.",
            )
        for packet in sound.until(timed.moment.start):
            packet.stream = copies[packet.stream.index]
            target.mux(packet)
        layout = stream.codec_context.pix_fmt
        frame = _frame_of(colours.planes(_rgb(picture), layout), layout)
        frame.colorspace, frame.color_range = colours.matrix, colours.range
        frame.time_base, frame.pts = unit, round(timed.moment.start / unit)
        if timed.moment.length:
            frame.duration = round(timed.moment.length / unit)
        for packet in stream.encode(frame):
            target.mux(packet)
    if stream is not None:
        for packet in stream.encode():
            target.mux(packet)
        for packet in sound.until(None):
            packet.stream = copies[packet.stream.index]
            target.mux(packet)


def _frame_of(planes: Sequence[NDArray[np.uint8]], layout: str) -> Any:
    """A frame for the encoder."""
    height, width = planes[0].shape
    frame = needed("av").VideoFrame(width, height, layout)
    for plane, values in zip(frame.planes, planes, strict=True):
        rows = np.zeros((values.shape[0], plane.line_size), np.uint8)
        rows[:, : values.shape[1]] = values
        plane.update(rows.tobytes())
    return frame


def _manner_of(source: Path | None) -> tuple[ClipColours, Fraction]:
    """The kind of colours of a clip, and its unit of time."""
    if source is not None:
        with _opened(source) as container:
            for frame in _decoded(container, source):
                if frame is not None:
                    unit = container.streams.video[0].time_base
                    return ClipColours.of(frame, source), unit or Fraction(1, TICKS)
    return ClipColours.usual(), Fraction(1, TICKS)


class _Sound:
    """The packets of a clip's sound, in the order of their times."""

    def __init__(self, container: Any) -> None:
        self.streams = () if container is None else tuple(container.streams.audio)
        self._packets = container.demux(self.streams) if self.streams else iter(())
        self._next: Any = None
        self._container = container

    def __enter__(self) -> _Sound:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._container is not None:
            self._container.close()

    def until(self, time: Fraction | None) -> Iterator[Any]:
        """The packets that begin before ``time``, or all that are left."""
        while True:
            if self._next is None:
                self._next = next((p for p in self._packets if p.dts is not None), None)
            packet = self._next
            if packet is None or (time is not None and packet.dts * packet.time_base > time):
                return
            self._next = None
            yield packet


def _sound_of(source: Path | None) -> _Sound:
    return _Sound(None if source is None else _opened(source))


def _opened(path: Path) -> Any:
    av = needed("av")
    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(
            "{path} cannot be read as a clip ({reason}).",
            next_step="Choose another clip.",
            path=path,
            reason=reason(error),
        ) from error
    if not container.streams.video:
        container.close()
        raise InputError(
            "{path} has no pictures, only sound.", next_step="Choose another clip.", path=path
        )
    return container


def _decoded(container: Any, path: Path) -> Iterator[Any]:
    """Each frame of the first stream of pictures; None in place of one that is broken."""
    av = needed("av")
    packets = container.demux(container.streams.video[0])
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError:  # the end is cut off
            yield None
            return
        try:
            found = packet.decode()
        except av.FFmpegError:
            yield None
            continue
        for frame in found:
            yield None if frame.is_corrupt else frame


def _upright(frame: Any, path: Path) -> Picture:
    samples = ClipColours.of(frame, path).decoded(frame)
    turned = np.ascontiguousarray(np.rot90(samples, round(frame.rotation / 90)))
    height, width = turned.shape[:2]
    return Picture.of(width, height, 3, turned.tobytes())


def _rgb(picture: Picture) -> NDArray[np.uint8]:
    flat = np.frombuffer(picture.data, np.uint8 if picture.dtype == "u8" else np.dtype("<f4"))
    samples = flat.reshape(picture.height, picture.width, picture.channels)[:, :, :3]
    if picture.dtype != "u8":
        samples = np.round(samples.clip(0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(samples, np.uint8)
