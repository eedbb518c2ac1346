"""Clips as they are read, and as they are written again."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from clip_maker import damaged, make_clip, picture, sound_of, turned
from neural_style.video import clips
from neural_style.video.clips import Moment, TimedPicture
from neural_style_protocol.errors import InputError, PackageMissing, StorageError
from neural_style_protocol.pixels import Picture

UNEVEN = (0, 40, 200, 240, 500)


def samples(made: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.frombuffer(made.data, np.uint8).reshape(made.height, made.width, 3).astype(np.int64)


def again(source: Path, target: Path) -> Path:
    """The clip written anew from its own frames."""
    clips.check(target, source)
    frames = (TimedPicture(frame.picture, frame.moment) for frame in clips.frames(source))
    clips.write(target, frames, source)
    return target


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", [1, 6])
def test_colours_and_their_kind_survive(tmp_path: Path, full_range: bool, matrix: int) -> None:
    source = make_clip(tmp_path / "a.mp4", full_range=full_range, matrix=matrix)
    read = next(clips.frames(source)).picture
    assert np.abs(samples(read) - picture(0, 64, 48))[20, 40:].max() <= 6
    copy = again(source, tmp_path / "b.mp4")
    assert np.abs(samples(next(clips.frames(copy)).picture) - samples(read)).mean() < 3
    with av.open(str(copy)) as container:
        frame = next(container.decode(video=0))
    assert (frame.color_range, frame.colorspace) == (1 + full_range, matrix)


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_uneven_times_and_the_sound_survive(tmp_path: Path, ending: str) -> None:
    source = make_clip(tmp_path / "a.mp4", times=UNEVEN)
    copy = again(source, tmp_path / f"b{ending}")
    starts = [frame.moment.start for frame in clips.frames(copy)]
    assert [start - starts[0] for start in starts] == [Fraction(t, 1000) for t in UNEVEN]
    assert sound_of(copy) == sound_of(source)


def test_a_clip_without_sound_stays_without(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", sound=False)
    assert not clips.survey(again(source, tmp_path / "b.mp4")).has_sound


def test_a_turned_clip_is_read_upright(tmp_path: Path) -> None:
    """The corner that is upper left in the file is upper right when it is turned clockwise."""
    source = turned(make_clip(tmp_path / "a.mp4"))
    assert clips.survey(source).sizes == ((48, 64),)
    upright = next(clips.frames(source)).picture
    assert (upright.width, upright.height) == (48, 64)
    assert samples(upright)[3, -4].min() > 200
    assert samples(upright)[3, 3].min() < 100
    copy = next(clips.frames(again(source, tmp_path / "b.mp4"))).picture
    assert (copy.width, copy.height) == (48, 64)
    assert samples(copy)[3, -4].min() > 200


def test_a_broken_frame_is_counted_and_left_out(tmp_path: Path) -> None:
    whole = clips.survey(make_clip(tmp_path / "a.mp4"))
    source = damaged(tmp_path / "a.mp4", 2)
    found = clips.survey(source)
    assert (found.frames, found.broken) == (whole.frames - 1, 1)
    starts = [round(frame.moment.start * 1000) for frame in clips.frames(source)]
    assert starts == [0, 40, 120, 160]


def test_the_same_frames_give_the_same_file(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", times=UNEVEN)
    assert (
        again(source, tmp_path / "b.mp4").read_bytes()
        == again(source, tmp_path / "c.mp4").read_bytes()
    )


def test_pictures_of_a_folder_become_a_clip(tmp_path: Path) -> None:
    """Also with an odd number of pixels, and with floats and alpha."""
    flat = np.full((31, 45, 4), 0.5, np.float32)
    made = Picture.of(45, 31, 4, flat.tobytes(), "f32")
    timed = [TimedPicture(made, Moment(Fraction(n, 10), Fraction(1, 10))) for n in range(3)]
    clips.write(tmp_path / "a.mkv", timed, None)
    found = list(clips.frames(tmp_path / "a.mkv"))
    assert [frame.moment.start for frame in found] == [0, Fraction(1, 10), Fraction(2, 10)]
    assert np.abs(samples(found[0].picture) - 128).max() <= 4


def test_frames_of_two_sizes_are_no_clip(tmp_path: Path) -> None:
    timed = [
        TimedPicture(Picture.of(w, 32, 3, bytes(3 * 32 * w)), Moment(Fraction(w), Fraction(1)))
        for w in (32, 48)
    ]
    with pytest.raises(InputError, match="different sizes"):
        clips.write(tmp_path / "a.mp4", timed, None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no clip at all", b"\0" * 5000])
def test_what_is_no_clip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.mp4"):
        clips.survey(path)


def test_sound_that_a_kind_of_file_cannot_hold_is_told_before_the_work(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4")
    with pytest.raises(InputError, match="cannot hold the sound"):
        clips.check(tmp_path / "b.webm", source)
    with pytest.raises(InputError, match="cannot be saved"):
        clips.check(tmp_path / "b.doc", source)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_clip_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4")
    frames = (TimedPicture(frame.picture, frame.moment) for frame in clips.frames(source))
    with pytest.raises(StorageError):
        clips.write(tmp_path / "missing" / "b.mp4", frames, source)


def test_without_pyav_a_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(PackageMissing, match="needs the package av") as error:
        clips.survey(tmp_path / "a.mp4")
    assert "pip install" in error.value.next_step
