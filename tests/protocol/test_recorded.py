"""What is sent is, byte for byte, what other programs have been sent before.

``recorded.json`` holds the header of each message below, in hexadecimal. Daemons and plug-ins of
different versions meet, so a record changes only where a message has got another field, at its end.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neural_style.jobstore import worker_messages as private
from neural_style_protocol import client_messages as asked
from neural_style_protocol import daemon_messages as said
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
from neural_style_protocol.pixels import PictureSpec

RECORDED = json.loads(Path(__file__).with_name("recorded.json").read_text(encoding="utf-8"))

SPEC = PictureSpec(640, 480, 4, "f32")
MASK = PictureSpec(640, 480, 1)
SETTINGS = {"strength": 70.5, "preset": "draft", "tileable": True, "seed": 7}
OFFERS = (
    asked.ImageOffer("content", SPEC),
    asked.ImageOffer("style", PictureSpec(30, 20, 3), 0.25),
    asked.ImageOffer("mask", MASK),
)
LOSSES = Losses({"content": 1.5, "style": 2.25, "total_variation": 0.125}, 3.875)
SUMMARY = JobSummary(
    "job", "done", 1.75e9, "GIMP", 640, 480, 2, 9, 10, SETTINGS, "converged", "No.", 12_345
)

PUBLIC: tuple[Message, ...] = (
    asked.Hello(1, 2, "GIMP", ("deflate",)),
    asked.Submit("ticket", SETTINGS, OFFERS),
    asked.Upload("job", 1, 1 << 20, True),
    asked.Fetch("job", 3, 5 << 20),
    asked.Watch("job"),
    asked.Cancel("job", False),
    asked.AskJobs("ticket", 32, "job"),
    asked.Rerun("ticket", "job", SETTINGS),
    asked.Change("ticket", "job", "front"),
    asked.AskStatus(),
    asked.Shutdown(),
    asked.Bye(),
    asked.Ping(),
    AskEstimate("ticket", SETTINGS, 640, 480),
    said.Welcome(1, "0.1.0", ("history", "pause"), 4_321),
    said.Accepted("ticket", "job"),
    said.Received("job", 2, 77),
    said.Queued("job", 3),
    said.Started("job"),
    said.Progress("job", 4, 50, 0.5, LOSSES, 1.5, None, 320, 240),
    said.Preview("job", 5, 6, SPEC),
    said.Result("job", 0, 50, SPEC, "stopped", 2.5, LOSSES),
    said.Pixels("job", 5, 1 << 20, True),
    said.Stopping("job"),
    said.Paused("job", 12),
    said.Discarded("job"),
    said.Notice("job", "A sentence – with a dash."),
    said.ErrorReply("input", "It failed.", "Do this.", "job", "ticket"),
    said.Changed("ticket"),
    said.Status(
        *("busy", "0.1.0", 10, 11, "CPU", "A problem.", 2),
        uptime=12.5,
        jobs=(said.JobLine("job", "running", 3, 9), said.JobLine("next", "queued", 0, 0)),
    ),
    said.Pong(),
    said.Goodbye(),
    JobList("ticket", 40, (SUMMARY, SUMMARY)),
    Estimate("ticket", 640, 480, "CPU", 704, 50, 12.5, 3 << 30, 5 << 40, 7.25),
)
PRIVATE: tuple[Message, ...] = (
    private.Run("job", "/some/folder", SETTINGS, OFFERS, 2),
    private.Pause("job"),
    private.Beat(99),
    private.Ready("CPU"),
    private.Unready("weights", "They are damaged.", "Fetch them."),
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
