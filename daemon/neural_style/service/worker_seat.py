"""One worker at a time: its jobs, what it says, and its replacement after a failure."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Sequence

from neural_style.jobstore.worker_messages import Beat, Cards, Pause, Ready, Run, Unready
from neural_style.service.jobs import Held, Job
from neural_style.service.ledger import Ledger
from neural_style.service.limits import Limits
from neural_style.service.places import Place
from neural_style.service.subscribers import Subscribers
from neural_style.service.watchdog import Watchdog
from neural_style.service.worker_link import WorkerLink, WorkerState
from neural_style_protocol import daemon_messages
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import Cancel, Shutdown
from neural_style_protocol.daemon_messages import CardLine, ErrorReply, WorkerLine
from neural_style_protocol.errors import NeuralStyleError, WorkerError
from neural_style_protocol.estimates import AskEstimate, Estimate
from neural_style_protocol.phrases import Phrase
from neural_style_protocol.pixels import Picture

log = logging.getLogger(__name__)

LOADING_FACTOR = 4
"""A loading worker may be silent for longer, because importing torch may block it."""

PROCESSOR = "cpu"
"""The value of the setting *Device* for the processor."""

WENT_ON = Phrase(
    "The computing process stopped unexpectedly and was started again; "
    "the picture goes on from where it was last saved."
)


class WorkerSeat:
    """A worker and the jobs that it has. When it dies, the next one takes its seat.

    Args:
        held: the jobs that the worker has.
        deliver: called with the worker's answers to questions.

    Attributes:
        place: where the next worker that is started here will compute.
        card: what computes, as a value of the setting *Device*; empty while that is not known.
        problem: why no worker can be started; None if one can be, as far as is known.
        is_given_up: whether no more workers are started here as long as others are running.
    """

    def __init__(
        self,
        link: WorkerLink,
        held: Held,
        ledger: Ledger,
        subscribers: Subscribers,
        deliver: Callable[[Estimate | ErrorReply], None],
        limits: Limits,
        place: Place,
    ) -> None:
        self.link = link
        self.place = self._place_now = place
        self.card = ""
        self.held = held
        self._ledger = ledger
        self._subscribers = subscribers
        self._deliver = deliver
        self._limits = limits
        self._watchdog = Watchdog(limits)
        self._failed_starts = 0
        self._last_work = time.monotonic()
        self.problem: NeuralStyleError | None = None
        self.is_given_up = False
        self._untold: NeuralStyleError | None = None

    @property
    def pid(self) -> int:
        return self.link.pid

    @property
    def state(self) -> WorkerState:
        return self.link.state

    @property
    def is_loaded(self) -> bool:
        """Whether the worker has its network in memory."""
        return self.state in ("ready", "busy")

    @property
    def cards(self) -> tuple[CardLine, ...]:
        """The graphics cards that the worker sees, or the last one saw."""
        return self._place_now.outside(self.link.cards)

    @property
    def has_left_card(self) -> bool:
        """Whether the worker computes on the processor because its own card does not work."""
        return self.is_loaded and self._place_now.card != "" and self.card == PROCESSOR

    @property
    def line(self) -> WorkerLine:
        """This worker's entry in a ``status``."""
        return WorkerLine(
            self.pid,
            "problem" if self.is_given_up else self.state,
            self.link.device if self.is_loaded else "",
            tuple(job.name for job in self.held),
        )

    def start(self) -> None:
        """Start a worker, because there is none. If that is impossible, this seat is given up."""
        self._place_now = self.place
        try:
            self.link.start(self.place.arguments, self.place.variables)
        except NeuralStyleError as error:
            log.warning("no worker: %s", error)
            self._give_up(error)

    def expect_work(self) -> None:
        """Load the model, because a job or a question will follow."""
        self._last_work = time.monotonic()
        if self.state == "stopped":
            self.start()

    def ask(self, question: AskEstimate) -> None:
        """Send a question to a worker that is loaded."""
        settings = self._place_now.settings_inside(question.settings)
        self.link.send(dataclasses.replace(question, settings=settings))

    # --- jobs -------------------------------------------------------------------------------

    def compute(self, job: Job, before: Sequence[Job] = ()) -> None:
        """Give the worker a job that it holds from now on, and the frames ``before`` it."""
        log.info("job %s: handed to worker %d", job.name, self.pid)
        self.link.state = "busy"
        settings = self._place_now.settings_inside(job.settings.to_dict())
        folder = str(job.folder.path)
        run = Run(job.name, folder, settings, job.offers, job.crashes, job.arithmetic)
        if job.is_frame:
            run = dataclasses.replace(
                run,
                frame=True,
                follows=job.follows != "",
                before=tuple(str(one.folder.path) for one in before),
                coherence=job.coherence,
            )
        self.link.send(run)
        self._watchdog.sign_of_life()
        if job is self.held.running and job.stop_request is not None:
            self.link.send(job.stop_request)  # the last worker died before it was done

    def cancel(self, job: Job, *, keep: bool) -> None:
        """Ask the worker to stop a job that it has, and to keep or discard its picture."""
        job.stop_request = Cancel(job.name, keep)
        self.link.send(job.stop_request)
        self._hurry(job)

    def pause(self, job: Job) -> None:
        """Ask the worker to save a job that it has, and to stop it."""
        job.stop_request = Pause(job.name)
        self.link.send(job.stop_request)
        self._hurry(job)

    def _hurry(self, job: Job) -> None:
        """Let the preview at a step of ``job`` make way, so that the end of ``job`` is soon."""
        preview = self.held.between
        if preview is not None and preview is not job:
            self.link.send(Pause(preview.name))

    def clear_away(self) -> None:
        """Pause the running job, and discard a preview between its steps."""
        job, preview = self.held.running, self.held.between
        if job is not None and job.stop_request is None:
            self.pause(job)
        if preview is not None:
            self.cancel(preview, keep=False)

    @property
    def is_clear(self) -> bool:
        """Whether no running job can still be saved."""
        return self.held.running is None or self.link.exit_status() is not None

    def ask_to_end(self) -> None:
        """Tell a worker that is loaded to end, without waiting for it."""
        if self.is_loaded:
            self.link.send(Shutdown())

    # --- messages from the worker -----------------------------------------------------------

    def receive(self) -> None:
        """Handle all messages from the worker."""
        while (received := self.link.receive()) is not None:
            message, pictures = received
            self._handle(message, pictures)

    def _handle(self, message: Message, pictures: list[bytes]) -> None:
        match message:
            case Ready():
                log.info("worker ready on %s", message.device)
                self.link.state = "ready"
                self.link.device, self.card = message.device, message.card
                self._failed_starts = 0
                self.problem, self.is_given_up = None, False
                self._last_work = time.monotonic()
            case Cards():
                self.link.cards = message.cards
            case Beat():
                self._watchdog.pulse(message.pulse)
            case Unready():
                self.link.kill()
                self._give_up(message.exception())
            case Estimate():
                self._deliver(message)
            case ErrorReply() if message.ticket:
                self._deliver(message)
            case _:
                for job in self.held:
                    if getattr(message, "job", None) == job.name:
                        self._handle_for_job(job, message, pictures)

    def _handle_for_job(self, job: Job, message: Message, pictures: list[bytes]) -> None:
        self._last_work = time.monotonic()
        self._watchdog.sign_of_life()
        match message:
            case daemon_messages.Progress():
                job.progress = message
                self._subscribers.notify(job, message)
            case daemon_messages.Started() | daemon_messages.Notice():
                self._subscribers.notify(job, message)
            case daemon_messages.Preview():
                job.preview = Picture(message.spec, pictures[0])
                job.preview_serial += 1
                job.preview_step = message.step
                self._subscribers.announce_preview(job)
            case daemon_messages.Result():
                self._free_worker_of(job)
                unstored = Picture(message.spec, pictures[0]) if pictures else None
                self._ledger.finish(job, message, unstored)
            case daemon_messages.Paused():
                self._free_worker_of(job)
                if isinstance(job.stop_request, Pause):
                    self._ledger.pause(job, message.step)
                else:  # it has made way for another job
                    self._ledger.requeue(job, first=True)
            case daemon_messages.Discarded():
                self._free_worker_of(job)
                self._ledger.discard(job)
            case ErrorReply():
                self._free_worker_of(job)
                self._ledger.fail(job, message.exception())

    def _free_worker_of(self, job: Job) -> None:
        """The worker has ended ``job``. After a preview between steps, it goes on with another."""
        if job is self.held.running:
            self.link.state = "ready"

    # --- failures of the worker -------------------------------------------------------------

    def replace_failed(self) -> None:
        """If the worker is dead, frozen or hung, start another one and save its jobs."""
        self._replace_dead()
        self._replace_frozen()
        self._replace_hung()

    def _replace_dead(self) -> None:
        status = self.link.exit_status()
        if status is None:
            return
        self.receive()
        log.warning("worker %d ended with status %s", self.pid, status)
        loading = self.state == "loading"
        self.link.clear()
        self._recover(loading=loading)

    def _replace_frozen(self) -> None:
        loading = self.state == "loading"
        patience = self._limits.silent_worker * (LOADING_FACTOR if loading else 1)
        stuck = loading and self.link.loading_seconds > self._limits.hung_worker
        if self.link.silent_seconds() < patience and not stuck:
            return
        log.warning("worker %d is frozen and is killed", self.pid)
        self.link.kill()
        self._recover(loading=loading)

    def _replace_hung(self) -> None:
        jobs = list(self.held)
        if not jobs or not self._watchdog.hangs(jobs[0]):
            return
        log.warning("worker %d computes no more and is killed", self.pid)
        self.link.kill()
        self._recover(loading=False)

    def _recover(self, *, loading: bool) -> None:
        job, preview = self.held.running, self.held.between
        if preview is not None:
            self._recover_job(preview)
        if job is not None:
            # The preview may have been too much for the memory. From now on it comes first.
            job.makes_way = job.makes_way and preview is None
            self._recover_job(job)
        self._failed_starts += loading
        if self._failed_starts < self._limits.worker_starts:
            self.start()
        else:
            self._give_up(WorkerError("The computing process cannot be started."))

    def _recover_job(self, job: Job) -> None:
        """Decide what happens to a job whose worker has died."""
        job.crashes += 1
        match job.stop_request:
            case Cancel(keep=False):
                self._ledger.discard(job)
            case Pause():
                self._ledger.pause(job, job.line().step)
            case _ if job.crashes >= self._limits.crashes_per_job:
                error = WorkerError("The computing process stopped in the middle of this picture.")
                self._ledger.fail(job, error)
            case _:
                self._subscribers.notify(job, daemon_messages.Notice.of(job.name, WENT_ON))
                self._ledger.requeue(job, first=True)

    def _give_up(self, error: NeuralStyleError) -> None:
        """Start no more workers, until there is no other."""
        self.problem = self._untold = error
        self.is_given_up = True
        self._failed_starts = 0

    def take_problem(self) -> NeuralStyleError | None:
        """The problem for which the seat was given up, if it has not been taken before."""
        problem, self._untold = self._untold, None
        return problem

    # --- without work -----------------------------------------------------------------------

    def unload_if_idle(self) -> None:
        """Let the model go after a long time without work."""
        idle = time.monotonic() - self._last_work
        works = self.state != "ready" or any(self.held)
        if idle > self._limits.unload_after and not works:
            log.info("the model is let go after %.0f seconds without work", idle)
            self.link.kill()
