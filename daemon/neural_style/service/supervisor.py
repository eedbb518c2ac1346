"""Control of the workers: load their model, give them jobs, and say when none can be started."""

from __future__ import annotations

import time

from neural_style.service.estimates import Estimates
from neural_style.service.jobs import Job, Jobs
from neural_style.service.ledger import Ledger
from neural_style.service.subscribers import Subscribers
from neural_style.service.worker_seat import WorkerSeat
from neural_style_protocol.errors import NeuralStyleError


class Supervisor:
    """Divides the one queue among the workers."""

    def __init__(
        self,
        seats: tuple[WorkerSeat, ...],
        jobs: Jobs,
        ledger: Ledger,
        subscribers: Subscribers,
        questions: Estimates,
    ) -> None:
        self.seats = seats
        self._jobs = jobs
        self._ledger = ledger
        self._subscribers = subscribers
        self._questions = questions

    @property
    def problem(self) -> NeuralStyleError | None:
        """Why a worker cannot be started."""
        return next((seat.problem for seat in self.seats if seat.problem), None)

    @property
    def state(self) -> str:
        """One of the protocol's DAEMON_STATES."""
        states = {seat.state for seat in self.seats}
        if self._jobs.in_work:
            return "busy"
        if "ready" in states:
            return "ready"
        if self.problem is not None:
            return "problem"
        return "loading" if "loading" in states else "resting"

    def expect_work(self) -> None:
        """Load the model, because a job or a question will follow."""
        self.seats[0].expect_work()

    def cancel(self, job: Job, *, keep: bool) -> None:
        """Ask its worker to stop a job, and to keep or discard its picture."""
        for seat in self._seats_of(job):
            seat.cancel(job, keep=keep)

    def pause(self, job: Job) -> None:
        """Ask its worker to save a job, and to stop it."""
        for seat in self._seats_of(job):
            seat.pause(job)

    def _seats_of(self, job: Job) -> list[WorkerSeat]:
        return [seat for seat in self.seats if job in seat.held]

    def work(self) -> None:
        """One turn of the loop: handle messages, replace failed workers, start the next jobs."""
        before = self.problem
        for seat in self.seats:
            seat.receive()
            seat.replace_failed()
        if self.problem is not None and self.problem is not before:
            self._fail_queue(self.problem)
        self._start_workers()
        self._start_jobs()
        self._questions.forward([seat for seat in self.seats if seat.is_loaded])
        self._unload_idle()

    def close(self, seconds: float) -> None:
        """Pause the running jobs within ``seconds``, and end the workers."""
        for seat in self.seats:
            seat.clear_away()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            busy = [seat for seat in self.seats if not seat.is_clear]
            if not busy:
                break
            busy[0].link.wait(0.05)
            for seat in self.seats:
                seat.receive()
        for seat in self.seats:
            seat.link.close()

    def _fail_queue(self, error: NeuralStyleError) -> None:
        """Fail all waiting jobs and questions, because no worker can be started."""
        for job in self._jobs.queued:
            self._ledger.fail(job, error)
        self._questions.fail_all(error)

    def _start_workers(self) -> None:
        for seat in self.seats:
            if self._jobs.queued and seat.state == "stopped":
                seat.link.start()

    def _start_jobs(self) -> None:
        for job in self._jobs.queued:
            seat = self._seat_for(job)
            if seat is not None:
                self._jobs.hand_over(job, seat.held)
                seat.compute(job)
                self._subscribers.notify_positions()

    def _seat_for(self, job: Job) -> WorkerSeat | None:
        """The worker that can compute ``job`` now, if there is one."""
        loaded = (seat for seat in self.seats if seat.is_loaded)
        return next((seat for seat in loaded if not seat.held.must_wait(job)), None)

    def _unload_idle(self) -> None:
        if not self._jobs.unfinished:
            for seat in self.seats:
                seat.unload_if_idle()
