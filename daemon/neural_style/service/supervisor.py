"""Control of the workers: how many there are, which of them gets which job."""

from __future__ import annotations

import time
from collections.abc import Callable

from neural_style.service.estimates import Estimates
from neural_style.service.jobs import Job, Jobs
from neural_style.service.ledger import Ledger
from neural_style.service.places import Place, places_for
from neural_style.service.subscribers import Subscribers
from neural_style.service.worker_seat import PROCESSOR, WorkerSeat
from neural_style_protocol.daemon_messages import CardLine
from neural_style_protocol.errors import NeuralStyleError, WorkerError
from neural_style_protocol.estimates import AskEstimate


class Supervisor:
    """Divides the one queue among the workers.

    One worker is started at once. It tells which graphics cards there are, and so how many more
    workers there can be; each of these is started when a job waits for it.

    Args:
        make_seat: makes the seat of the worker of that number, at a place.
        count: how many workers there are; None for one on each card.
    """

    def __init__(
        self,
        make_seat: Callable[[int, Place], WorkerSeat],
        jobs: Jobs,
        ledger: Ledger,
        subscribers: Subscribers,
        questions: Estimates,
        count: int | None,
    ) -> None:
        self._make_seat = make_seat
        self._jobs = jobs
        self._ledger = ledger
        self._subscribers = subscribers
        self._questions = questions
        self._count = count
        self._all_cards: dict[str, CardLine] | None = None
        self.seats: tuple[WorkerSeat, ...] = (make_seat(0, Place(workers=count or 1)),)

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

    @property
    def cards(self) -> tuple[CardLine, ...]:
        """The graphics cards that are computed on, as far as a worker has told."""
        if len(self.seats) == 1 or self._all_cards is None:
            return self.seats[0].cards
        told = {card.device: card for seat in self.seats for card in seat.cards}
        places = {seat.place.card for seat in self.seats}
        known = {**self._all_cards, **told}
        return tuple(card for name, card in known.items() if name in places or "" in places)

    # --- what clients ask for ---------------------------------------------------------------

    def expect_work(self) -> None:
        """Load the model, because a job or a question will follow."""
        running = [seat for seat in self.seats if seat.state != "stopped"]
        if not running:
            for seat in self.seats:
                seat.is_given_up = False
        (running or self.seats)[0].expect_work()

    def cancel(self, job: Job, *, keep: bool) -> None:
        """Ask its worker to stop a job, and to keep or discard its picture."""
        for seat in self._seats_of(job):
            seat.cancel(job, keep=keep)

    def pause(self, job: Job) -> None:
        """Ask its worker to save a job, and to stop it."""
        for seat in self._seats_of(job):
            seat.pause(job)

    def _seats_of(self, job: Job) -> list[WorkerSeat]:
        return [seat for seat in self.seats if any(job is held for held in seat.held)]

    # --- the loop ---------------------------------------------------------------------------

    def work(self) -> None:
        """One turn of the loop: handle messages, replace failed workers, start the next jobs."""
        for seat in self.seats:
            seat.receive()
            seat.replace_failed()
        self._fail_hopeless()
        self._make_seats()
        self._start_jobs()
        self._start_workers()
        self._fail_hopeless()
        self._questions.forward([it for it in self.seats if it.is_loaded], self._seat_to_ask)
        self._unload_idle()

    def close(self, seconds: float) -> None:
        """Pause the running jobs within ``seconds``, and end the workers."""
        for seat in self.seats:
            seat.clear_away()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            unsaved = [seat for seat in self.seats if not seat.is_clear]
            if not unsaved:
                break
            unsaved[0].link.wait(0.05)
            for seat in self.seats:
                seat.receive()
        self.end_workers()

    def end_workers(self) -> None:
        """End all workers that are left, by force if need be."""
        for seat in self.seats:
            seat.ask_to_end()
        for seat in self.seats:
            seat.link.close()

    def _make_seats(self) -> None:
        """Make the seats of the other workers, once the first has told what cards there are."""
        first = self.seats[0]
        if self._all_cards is not None or not first.is_loaded:
            return
        self._all_cards = {card.device: card for card in first.cards}
        place, *others = places_for(first.cards, first.card, self._count)
        first.place = place
        seats = [self._make_seat(number, place) for number, place in enumerate(others, start=1)]
        self.seats = (first, *seats)

    def _fail_hopeless(self) -> None:
        """Fail what waits for seats that were given up since the last time."""
        for seat in self.seats:
            problem = seat.take_problem()
            if problem is not None:
                self._fail_waiting(problem)

    def _fail_waiting(self, error: NeuralStyleError) -> None:
        """Fail the waiting jobs and questions for which no worker can be started."""
        usable = [seat for seat in self.seats if not seat.is_given_up]
        for job in self._jobs.queued:
            if not any(seat.place.suits(job.settings.device) for seat in usable):
                self._ledger.fail(job, error)
        if not usable:
            self._questions.fail_all(error)

    def _unload_idle(self) -> None:
        if len(self._jobs.unfinished) == len(self._jobs.in_work):  # no more are coming
            for seat in self.seats:
                seat.unload_if_idle()

    # --- which worker gets which job --------------------------------------------------------

    def _start_jobs(self) -> None:
        """Give the waiting jobs, in their order, to workers that can begin with them now."""
        for job in self._jobs.startable:
            seat = self._seat_for(job)
            if seat is not None:
                self._jobs.hand_over(job, seat.held)
                seat.compute(job, self._jobs.before(job))
                self._subscribers.notify_positions()
            elif not any(seat.place.suits(job.settings.device) for seat in self.seats):
                self._ledger.fail(job, _no_worker_on(job.settings.device))

    def _seat_for(self, job: Job) -> WorkerSeat | None:
        """The worker that can begin with ``job`` now and has least to do, if there is one."""
        able = (
            seat
            for seat in self._seats_that_suit(job.settings.device)
            if seat.is_loaded and not seat.held.must_wait(job)
        )
        return min(able, key=_pixels_in_work, default=None)

    def _start_workers(self) -> None:
        """Start a worker for each waiting job that no other one is about to take."""
        loading = [seat for seat in self.seats if seat.state == "loading"]
        for job in self._jobs.startable:
            if job.is_preview and any(seat.held.makes_way for seat in self.seats):
                continue  # it waits for another preview only
            suitable = self._seats_that_suit(job.settings.device)
            coming = next((seat for seat in suitable if seat in loading), None)
            if coming is not None:
                loading.remove(coming)
            elif (stopped := _to_start(suitable)) is not None:
                stopped.start()

    def _seat_to_ask(self, question: AskEstimate) -> WorkerSeat:
        """The loaded worker that answers ``question``: on the same device, and idle if possible."""
        suitable = self._seats_that_suit(str(question.settings.get("device", "")))
        loaded = [seat for seat in self.seats if seat.is_loaded]
        able = [seat for seat in suitable if seat in loaded] or loaded
        return min(able, key=lambda seat: seat.state == "busy")

    def _seats_that_suit(self, device: str) -> list[WorkerSeat]:
        """The seats for a picture on ``device``; one whose card is lost only if it must be."""
        suitable = [seat for seat in self.seats if seat.place.suits(device)]
        if device == PROCESSOR:
            return suitable
        return [seat for seat in suitable if not seat.has_left_card] or suitable


def _to_start(seats: list[WorkerSeat]) -> WorkerSeat | None:
    """The seat where a worker should be started; one that was given up only if all others are."""
    stopped = [seat for seat in seats if seat.state == "stopped"]
    if not all(seat.is_given_up for seat in seats):
        stopped = [seat for seat in stopped if not seat.is_given_up]
    return next(iter(stopped), None)


def _pixels_in_work(seat: WorkerSeat) -> int:
    """The size of the picture at whose steps the worker would begin with a preview."""
    specs = (offer.spec for job in seat.held for offer in job.offers if offer.role == "content")
    return sum(spec.width * spec.height for spec in specs)


def _no_worker_on(device: str) -> WorkerError:
    return WorkerError(
        "No computing process uses the device {name}.",
        next_step="Choose `auto`, or a device that `neural-style status` lists.",
        name=repr(device),
    )
