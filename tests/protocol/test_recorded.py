"""What is sent is, byte for byte, what other programs have been sent before.

``recorded.json`` holds the header of each message below, in hexadecimal. Daemons and plug-ins of
different versions meet, so a record changes only where a message has got another field, at its end.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neural_style.jobstore import worker_messages as private
from neural_style_protocol import client_messages, daemon_messages
from neural_style_protocol._message import Message
from neural_style_protocol.estimates import AskEstimate, Estimate
from neural_style_protocol.job_list import JobList, JobSummary
from neural_style_protocol.losses import Losses
from neural_style_protocol.messages import (
    CLIENT_MESSAGES,
    DAEMON_MESSAGES,
    decode_from_client,
    decode_from_daemon,
    encode,
)
from neural_style_protocol.phrases import Amount, Duration, Phrase
from neural_style_protocol.pixels import PictureSpec

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text(encoding="utf-8"))

SPEC = PictureSpec(640, 480, 4, "f32")
MASK = PictureSpec(640, 480, 1)
SETTINGS = {"strength": 70.5, "preset": "draft", "tileable": True, "seed": 7}
OFFERS = (
    client_messages.ImageOffer("content", SPEC),
    client_messages.ImageOffer("style", PictureSpec(30, 20, 3), 0.25),
    client_messages.ImageOffer("mask", MASK),
)
LOSSES = Losses({"content": 1.5, "style": 2.25, "total_variation": 0.125}, 3.875)
VALUES = {
    "path": "a/b.png",
    "count": 3,
    "weight": 0.25,
    "size": Amount(3_100_000_000),
    "time": Duration(12.5),
    "why": Phrase("It is too {how}.", {"how": Phrase("wide")}),
}
SUMMARY = JobSummary(
    "job",
    "done",
    1.75e9,
    "GIMP",
    640,
    480,
    2,
    9,
    10,
    SETTINGS,
    "converged",
    "No.",
    12_345,
    "palace.png",
    True,
)

PUBLIC: tuple[Message, ...] = (
    client_messages.Hello(1, 2, "GIMP", ("deflate",)),
    client_messages.Submit(
        *("ticket", SETTINGS, OFFERS, True, "palace.png", "bfloat16"), True, "before", 70.0
    ),
    client_messages.Upload("job", 1, 1 << 20, True),
    client_messages.Fetch("job", 3, 5 << 20),
    client_messages.Watch("job"),
    client_messages.Cancel("job", False),
    client_messages.AskJobs("ticket", 32, "job"),
    client_messages.Rerun("ticket", "job", SETTINGS),
    client_messages.Change("ticket", "job", "front"),
    client_messages.AskStatus(),
    client_messages.Shutdown(),
    client_messages.Bye(),
    client_messages.Ping(),
    AskEstimate("ticket", SETTINGS, 640, 480, 3),
    daemon_messages.Welcome(1, "0.1.0", ("history", "pause"), 4_321),
    daemon_messages.Accepted("ticket", "job"),
    daemon_messages.Received("job", 2, 77),
    daemon_messages.Queued("job", 3),
    daemon_messages.Started("job"),
    daemon_messages.Progress("job", 4, 50, 0.5, LOSSES, 1.5, None, 320, 240),
    daemon_messages.Preview("job", 5, 6, SPEC),
    daemon_messages.Result("job", 0, 50, SPEC, "stopped", 2.5, LOSSES),
    daemon_messages.Pixels("job", 5, 1 << 20, True),
    daemon_messages.Stopping("job"),
    daemon_messages.Paused("job", 12),
    daemon_messages.Discarded("job"),
    daemon_messages.Notice("job", "A sentence – with {name}.", {"name": "a dash"}),
    daemon_messages.ErrorReply("input", "It failed.", "Do this.", "job", "ticket", VALUES),
    daemon_messages.Changed("ticket"),
    daemon_messages.Status(
        *("busy", "0.1.0", 10, 11, "CPU", "A problem.", 2),
        uptime=12.5,
        jobs=(
            daemon_messages.JobLine("job", "running", 3, 9),
            daemon_messages.JobLine("next", "queued", 0, 0),
        ),
        cards=(daemon_messages.CardLine("cuda:0", "A card", 5 << 30),),
        workers=(daemon_messages.WorkerLine(11, "busy", "A card", ("job",)),),
    ),
    daemon_messages.Pong(),
    daemon_messages.Goodbye(),
    JobList("ticket", 40, (SUMMARY, SUMMARY)),
    Estimate("ticket", 640, 480, "CPU", 704, 50, 12.5, 3 << 30, 5 << 40, 7.25, "bfloat16"),
)
PRIVATE: tuple[Message, ...] = (
    private.Run(
        *("job", "/some/folder", SETTINGS, OFFERS, 2, "bfloat16"),
        *(True, True, ("/one", "/two"), 70.0),
    ),
    private.Pause("job"),
    private.Beat(99),
    private.Ready("CPU", "cpu"),
    private.Cards((daemon_messages.CardLine("cuda:0", "A card", 5 << 30),)),
    private.Unready("weights", "They are damaged.", "Fetch them.", {"path": "a"}),
)


def kind_of(message: Message) -> str:
    return message.kind


@pytest.mark.parametrize("message", PUBLIC, ids=kind_of)
def test_a_message_is_what_it_was(message: Message) -> None:
    (header,) = encode(message)
    assert header.hex() == RECORDED[message.kind]
    decode = decode_from_client if message.kind in CLIENT_MESSAGES else decode_from_daemon
    assert decode([bytes.fromhex(RECORDED[message.kind])]) == (message, b"")


@pytest.mark.parametrize("message", PRIVATE, ids=kind_of)
def test_what_service_and_worker_say_is_what_it_was(message: Message) -> None:
    (header,) = private.encode(message)
    assert header.hex() == RECORDED[message.kind]
    assert private.decode([header]) == (message, [])


def test_every_message_is_recorded() -> None:
    assert set(RECORDED) == {message.kind for message in (*PUBLIC, *PRIVATE)}
    assert {message.kind for message in PUBLIC} == {*CLIENT_MESSAGES, *DAEMON_MESSAGES}
