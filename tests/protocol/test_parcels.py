"""What goes through the bridge's pipes: parcels, and whatever else may come there."""

from __future__ import annotations

import io
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neural_style_protocol.bridge import controls, parcels
from neural_style_protocol.bridge.controls import CONTROLS, Connect, Connected, Renew, State
from neural_style_protocol.bridge.parcels import Parcel
from neural_style_protocol.codec import MAX_FRAME_BYTES
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import BridgeError, InputError, ProtocolError
from neural_style_protocol.phrases import Duration, Phrase


class Pipe:
    """What is written can be read, in portions as odd as a pipe's.

    Attributes:
        largest: the largest portion that was ever asked for.
    """

    def __init__(self, held: bytes = b"", seed: int = 0) -> None:
        self.held = io.BytesIO(held)
        self.largest = 0
        self._choose = random.Random(seed)

    def write(self, data: memoryview) -> int:
        part = data[: self._choose.randint(1, len(data))]
        return self.held.write(part)

    def readinto(self, buffer: memoryview) -> int:
        self.largest = max(self.largest, len(buffer))
        return self.held.readinto(buffer[: self._choose.randint(1, len(buffer))])

    def rest(self) -> list[Parcel]:
        """The parcels in it, from the start."""
        self.held.seek(0)
        return list(iter(lambda: parcels.read(self), None))  # type: ignore[arg-type]


frames = st.lists(st.binary(max_size=300), min_size=1, max_size=2).map(tuple)
any_parcels = st.builds(Parcel, frames, st.booleans())


def written(*sent: Parcel) -> bytes:
    pipe = Pipe()
    for parcel in sent:
        parcels.write(pipe, parcel)
    return pipe.held.getvalue()


@given(st.lists(any_parcels, max_size=5), st.integers(0, 99))
def test_parcels_arrive_as_they_were_sent(sent: list[Parcel], seed: int) -> None:
    pipe = Pipe(seed=seed)
    for parcel in sent:
        parcels.write(pipe, parcel)
    assert pipe.rest() == sent


def test_the_largest_frames_get_through() -> None:
    largest = Parcel((b"h" * MAX_FRAME_BYTES, b"p" * MAX_FRAME_BYTES))
    assert Pipe(written(largest)).rest() == [largest]


@given(any_parcels, any_parcels, st.data())
def test_a_parcel_that_is_cut_off_is_the_end(one: Parcel, two: Parcel, data: st.DataObject) -> None:
    whole, both = written(one), written(one, two)
    end = data.draw(st.integers(len(whole), len(both) - 1))
    assert Pipe(both[:end]).rest() == [one]


@pytest.mark.parametrize(
    "stranger",
    [
        b"Traceback (most recent call last):\n",
        b"\n",
        b"Hello, world. " * 100,
        parcels.MARK + b"\x00\x00",
        parcels.MARK + b"\x00\x03" + bytes(12),
        parcels.MARK + b"\x07\x01" + bytes(4),
    ],
)
def test_what_is_no_parcel_is_found_at_once(stranger: bytes) -> None:
    good = Parcel((b"x",))
    pipe = Pipe(written(good) + stranger.ljust(4, b" "))
    pipe.held.seek(0)
    assert parcels.read(pipe) == good
    with pytest.raises(ProtocolError, match="no message"):
        parcels.read(pipe)


@given(st.integers(MAX_FRAME_BYTES + 1, 2**32 - 1))
def test_nothing_is_allocated_for_what_is_too_large(length: int) -> None:
    pipe = Pipe(parcels.MARK + b"\x00\x01" + struct.pack("<I", length) + b"xxxx")
    with pytest.raises(ProtocolError, match="too large"):
        parcels.read(pipe)
    assert pipe.largest <= 8


@given(st.binary(max_size=60), st.integers(0, 60), any_parcels)
def test_any_bytes_are_parcels_or_refused(noise: bytes, place: int, parcel: Parcel) -> None:
    good = written(parcel)
    pipe = Pipe(good[:place] + noise + good[place:])
    try:
        read = pipe.rest()
    except ProtocolError:
        read = []
    assert all(isinstance(it, Parcel) for it in read)
    assert pipe.largest <= MAX_FRAME_BYTES


@pytest.mark.parametrize(
    "control",
    [
        Connect(start=False, client="GIMP"),
        Renew(),
        State.of(Phrase("Starting {what}…", {"what": Duration(2.0)})),
        Connected(remote=True),
        ErrorReply.of(BridgeError("It broke.", next_step="Mend it.")),
    ],
    ids=lambda control: control.kind,
)
def test_controls_arrive_as_they_were_sent(control: controls.Control) -> None:
    (parcel,) = Pipe(written(controls.parcel_of(control))).rest()
    assert parcel.is_control
    assert controls.read(parcel.frames) == control


def test_a_control_of_a_later_version_is_passed_over() -> None:
    later = type("Later", (Renew,), {"kind": "sing"})()
    assert "sing" not in CONTROLS
    assert controls.read(controls.parcel_of(later).frames) is None


@given(st.binary(max_size=80))
def test_any_bytes_are_a_control_or_refused(noise: bytes) -> None:
    with pytest.raises((ProtocolError, InputError)):
        controls.read((noise,))
