"""A million changed messages for every decoder; only errors of the protocol may come out.

``python fuzz.py --inputs 1000000 --seed 1`` (in ``tests/protocol``)
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from neural_style.jobstore import worker_messages
from neural_style_protocol import client_messages, daemon_messages
from neural_style_protocol.errors import InputError, ProtocolError
from neural_style_protocol.estimates import AskEstimate, Estimate
from neural_style_protocol.job_list import JobList, JobSummary
from neural_style_protocol.messages import decode_from_client, decode_from_daemon, encode
from neural_style_protocol.phrases import Amount, Duration, Phrase
from neural_style_protocol.pixels import PictureSpec
from neural_style_protocol.settings import Settings

_SPEC = PictureSpec(4, 4, 3)
_LOSSES = daemon_messages.Losses({"content": 1.0, "style": 2.0}, 3.0)
_VALUES = {
    "a": "text",
    "b": Amount(10**9),
    "c": Duration(2.5),
    "n": 3,
    "why": Phrase("It is {x}.", {"x": 1.5, "y": Phrase("so")}),
}
_OFFERS = (client_messages.ImageOffer("content", _SPEC), client_messages.ImageOffer("style", _SPEC))
_SETTINGS = Settings().to_dict()
_SUMMARY = JobSummary("j", "done", 1.0, "c", 4, 4, 1, 5, 9, _SETTINGS)
SEEDS = [
    encode(message)[0]
    for message in (
        client_messages.Hello(1, 1, "client", ("a",)),
        client_messages.Submit("ticket", _SETTINGS, _OFFERS, True, "title"),
        client_messages.Upload("job", 0, 5),
        client_messages.Change("ticket", "job", "pause"),
        client_messages.Rerun("ticket", "job", {"strength": 5.0}),
        AskEstimate("ticket", _SETTINGS, 640, 480),
        Estimate("ticket", 640, 480, "CPU", 704, 50, None, 10**9, 2 * 10**9),
        daemon_messages.Welcome(1, "0.1", ("history",), 5),
        daemon_messages.Progress("job", 1, 9, 0.5, _LOSSES, 1.5, None, 4, 4),
        daemon_messages.Result("job", 0, 9, _SPEC, "finished", 1.0),
        daemon_messages.ErrorReply("input", "It failed.", "Do this.", "job", "ticket"),
        daemon_messages.ErrorReply("worker", "{a} {b} {c}: {why}", "{n}", "job", values=_VALUES),
        daemon_messages.Notice("job", "{a} {b} {c} {why}", _VALUES),
        worker_messages.Unready("weights", "{a}", "{why}", _VALUES),
        daemon_messages.Status(
            "busy", "0.1", 1, 2, uptime=3.0, jobs=(daemon_messages.JobLine("j", "done", 1, 2),)
        ),
        JobList("ticket", 1, (_SUMMARY,)),
        worker_messages.Run("job", "folder", _SETTINGS, _OFFERS),
    )
]
INTERESTING = (0x00, 0x7F, 0x80, 0x8F, 0x90, 0xC0, 0xC1, 0xC9, 0xCB, 0xCF, 0xDB, 0xDD, 0xDF, 0xFF)


def changed(choose: random.Random) -> bytes:
    """A message with some bytes replaced, cut, doubled, or taken from another."""
    frame = bytearray(choose.choice(SEEDS))
    for _ in range(choose.randint(1, 5)):
        place = choose.randrange(len(frame) + 1)
        match choose.randrange(6):
            case 0:
                frame[place:place] = bytes([choose.choice(INTERESTING)])
            case 1:
                frame[place : place + 1] = bytes([choose.randrange(256)])
            case 2:
                del frame[place : place + choose.randint(1, 8)]
            case 3:
                other = choose.choice(SEEDS)
                start = choose.randrange(len(other))
                frame[place:place] = other[start : start + choose.randint(1, 30)]
            case 4:
                frame[place : place + 1] = bytes([choose.choice(INTERESTING)])
            case _:
                end = place + choose.randint(1, 20)
                frame[place:place] = frame[place:end]
    return bytes(frame)


def fuzz(inputs: int, seed: int) -> Counter[str]:
    """What came of so many inputs, each given to all three decoders."""
    choose = random.Random(seed)
    decoders: tuple[Callable[[list[bytes]], object], ...] = (
        decode_from_client,
        decode_from_daemon,
        worker_messages.decode,
    )
    outcome: Counter[str] = Counter()
    for _ in range(inputs):
        frames = [changed(choose)]
        for decode in decoders:
            try:
                decode(frames)
                outcome["taken"] += 1
            except (ProtocolError, InputError):
                outcome["refused"] += 1
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    began = time.monotonic()
    outcome = fuzz(chosen.inputs, chosen.seed)
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({"inputs": chosen.inputs, **outcome, "seconds": seconds}))


if __name__ == "__main__":
    main()
