"""The worker's threads: it answers while it computes, and no failure of a job ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import zmq

from neural_style.jobstore import worker_messages
from neural_style.jobstore.worker_messages import Beat, Cards, Pause, Ready, Run, Unready
from neural_style.worker.process import DEVICE_LOST_STATUS
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import Cancel, Shutdown
from neural_style_protocol.daemon_messages import Discarded, ErrorReply, Paused, Started
from neural_style_protocol.estimates import AskEstimate, Estimate

WORKER = Path(__file__).with_name("fake_runner_worker.py")
WAIT_MS = 60_000


class Service:
    """The service's end of a worker's socket."""

    def __init__(self, folder: Path) -> None:
        self._context = zmq.Context()
        self.socket = self._context.socket(zmq.PAIR)
        self.socket.linger = 0
        self.endpoint = f"ipc://{folder}/worker"
        self.socket.bind(self.endpoint)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, how: str = "well") -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(WORKER), self.endpoint, "/nowhere", how],
            stderr=subprocess.DEVNULL,
        )

    def say(self, message: Message) -> None:
        self.socket.send_multipart(worker_messages.encode(message))

    def hear(self) -> Message:
        """The next message that is not about graphics cards."""
        assert self.socket.poll(WAIT_MS), "the worker says nothing"
        message = worker_messages.decode(self.socket.recv_multipart())[0]
        return self.hear() if isinstance(message, Cards) else message

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.socket.close()
        self._context.term()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    yield made
    made.close()


def run(job: str = "job") -> Run:
    return Run(job, "/nowhere", {}, ())


def test_it_says_when_it_is_ready(service: Service) -> None:
    service.start()
    assert service.hear() == Ready("nothing")


def test_it_answers_while_it_loads_and_while_it_computes(service: Service) -> None:
    service.start("slow")
    service.say(Beat())
    assert service.hear() == Beat()
    assert service.hear() == Ready("nothing")
    service.say(run())
    assert service.hear() == Started("job")
    pulses = []
    for _ in range(3):
        service.say(Beat())
        beat = service.hear()
        assert isinstance(beat, Beat)
        pulses.append(beat.pulse)
        time.sleep(0.1)
    assert 0 < pulses[0] < pulses[1] < pulses[2]


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (Cancel("job", True), Discarded("jobkeep")),
        (Cancel("job", False), Discarded("jobdiscard")),
        (Pause("job"), Paused("job", 1)),
    ],
)
def test_a_running_job_is_stopped_as_was_wished(
    service: Service, request_: Message, answer: Message
) -> None:
    service.start()
    service.hear()
    service.say(run())
    assert service.hear() == Started("job")
    service.say(Cancel("another job", True))
    service.say(request_)
    assert service.hear() == answer


@pytest.mark.parametrize(
    ("job", "code", "words"),
    [("bad input", "input", "cannot be used"), ("defect", "worker", "division by zero")],
)
def test_a_job_that_fails_leaves_the_next_alone(
    service: Service, job: str, code: str, words: str
) -> None:
    service.start()
    service.hear()
    service.say(run(job))
    assert service.hear() == Started(job)
    failure = service.hear()
    assert isinstance(failure, ErrorReply)
    assert (failure.code, failure.job, words in failure.exception().sentence) == (code, job, True)
    service.say(run())
    assert service.hear() == Started("job")


@pytest.mark.parametrize("at_work", ["a job", "a measurement"])
def test_a_worker_whose_card_has_failed_ends(service: Service, at_work: str) -> None:
    """In the same process, the card would fail at every job."""
    service.start()
    service.hear()
    service.say(run("lost card") if at_work == "a job" else question(555))
    assert service.process is not None
    assert service.process.wait(60) == DEVICE_LOST_STATUS


def test_a_preview_is_computed_at_a_step_of_a_job(service: Service) -> None:
    service.start()
    service.hear()
    service.say(run())
    assert service.hear() == Started("job")
    for preview in ("first", "second"):
        service.say(run(preview))
        assert service.hear() == Started(preview)
        service.say(Cancel(preview, False))
        assert service.hear() == Discarded(f"{preview}discard")
    assert estimate(service, question()).seconds is None  # it is not idle
    service.say(Cancel("job", True))
    assert service.hear() == Discarded("jobkeep")


def test_a_preview_that_fails_leaves_the_job_alone(service: Service) -> None:
    service.start()
    service.hear()
    service.say(run())
    assert service.hear() == Started("job")
    service.say(run("defect"))
    assert service.hear() == Started("defect")
    failure = service.hear()
    assert isinstance(failure, ErrorReply)
    assert failure.job == "defect"
    service.say(Pause("job"))
    assert service.hear() == Paused("job", 1)


def test_a_job_is_saved_and_ends_for_a_preview_without_room(service: Service) -> None:
    service.start()
    service.hear()
    service.say(run())
    assert service.hear() == Started("job")
    service.say(run("large"))
    assert service.hear() == Paused("job", 1)
    service.say(run())  # the service sends the job again
    assert service.hear() == Started("large")
    service.say(Cancel("large", False))
    assert service.hear() == Discarded("largediscard")
    assert service.hear() == Started("job")


def question(width: int = 64, height: int = 64) -> AskEstimate:
    return AskEstimate("ticket", {}, width, height)


def estimate(service: Service, asked: AskEstimate) -> Estimate:
    service.say(asked)
    answer = service.hear()
    assert isinstance(answer, Estimate)
    return answer


def test_an_idle_one_measures_before_it_answers(service: Service) -> None:
    service.start()
    service.hear()
    assert estimate(service, question()).seconds == 5.0


def test_one_at_work_answers_at_once_without_measuring(service: Service) -> None:
    service.start()
    service.hear()
    service.say(run())
    assert service.hear() == Started("job")
    assert estimate(service, question()).seconds is None
    service.say(Cancel("job", False))
    assert service.hear() == Discarded("jobdiscard")
    while estimate(service, question()).seconds is None:  # the job's thread is not free yet
        time.sleep(0.01)


def test_a_question_while_it_loads_is_answered_after_that(service: Service) -> None:
    service.start("slow")
    service.say(question())
    assert service.hear() == Ready("nothing")
    assert isinstance(service.hear(), Estimate)


def test_a_measurement_makes_way_for_a_job(service: Service) -> None:
    service.start()
    service.hear()
    service.say(question(width=777))  # one that would be measured for ever
    service.say(run())
    answer = service.hear()
    assert isinstance(answer, Estimate)
    assert answer.seconds is None
    assert service.hear() == Started("job")


def test_a_measurement_that_fails_costs_the_time_alone(service: Service) -> None:
    service.start()
    service.hear()
    assert estimate(service, question(width=666)).seconds is None
    assert estimate(service, question()).seconds == 5.0


def test_a_picture_that_cannot_be_made_is_refused(service: Service) -> None:
    service.start()
    service.hear()
    service.say(question(height=5))
    refused = service.hear()
    assert isinstance(refused, ErrorReply)
    assert (refused.code, refused.ticket) == ("input", "ticket")


@pytest.mark.parametrize(("how", "code"), [("no-weights", "weights"), ("broken", "worker")])
def test_it_says_why_it_cannot_start(service: Service, how: str, code: str) -> None:
    service.start(how)
    message = service.hear()
    assert isinstance(message, Unready)
    assert message.code == code


def test_it_ends_when_it_is_told_to(service: Service) -> None:
    service.start()
    service.hear()
    service.say(run())
    service.hear()
    service.say(Shutdown())
    assert service.process is not None
    assert service.process.wait(60) == 0


def test_it_ends_when_its_service_is_gone(service: Service, tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, {str(WORKER)!r}, {service.endpoint!r}, '/', 'x'])\n"
        "print(p.pid, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        assert service.hear() == Ready("nothing")
        os.kill(parent.pid, signal.SIGKILL)
        _wait_for_end(worker.is_running)


def _wait_for_end(running: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while running():
        assert time.monotonic() < deadline
        time.sleep(0.05)
