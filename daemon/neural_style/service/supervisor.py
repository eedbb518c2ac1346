"""Control of the worker: start it, give it jobs, replace it after a failure, unload it."""

from __future__ import annotations

import logging
import time

from neural_style.jobstore.worker_messages import Beat, Cards, Pause, Ready, Run, Unready
from neural_style.service.estimates import Estimates
from neural_style.service.jobs import Job, Jobs
from neural_style.service.ledger import Ledger
from neural_style.service.limits import Limits
from neural_style.service.subscribers import Subscribers
from neural_style.service.watchdog import Watchdog
from neural_style.service.worker_link import WorkerLink
from neural_style_protocol import daemon_messages
from neural_style_protocol._message import Message
from neural_style_protocol.client_messages import Cancel
from neural_style_protocol.errors import NeuralStyleError, WorkerError
from neural_style_protocol.estimates import Estimate
from neural_style_protocol.phrases import Phrase
from neural_style_protocol.pixels import Picture

log = logging.getLogger(__name__)

LOADING_FACTOR = 4
"""A loading worker may be silent for longer, because importing torch may block it."""

WENT_ON = Phrase(
    "The computing process stopped unexpectedly and was started again; "
    "the picture goes on from where it was last saved."
)


class Supervisor:
    """Handles the worker's messages and failures."""

    def __init__(
        self,
        worker: WorkerLink,
        jobs: Jobs,
        ledger: Ledger,
        subscribers: Subscribers,
        questions: Estimates,
        limits: Limits,
    ) -> None:
        self._worker = worker
        self._jobs = jobs
        self._ledger = ledger
        self._subscribers = subscribers
        self._questions = questions
        self._limits = limits
        self._watchdog = Watchdog(limits)
        self._failed_starts = 0
        self._last_work = time.monotonic()
        self.problem: NeuralStyleError | None = None

    @property
    def idle_seconds(self) -> float:
        """Seconds since the worker last had work."""
        return time.monotonic() - self._last_work

    @property
    def state(self) -> str:
        """One of the protocol's DAEMON_STATES."""
        if self._jobs.in_work:
            return "busy"
        if self._worker.state == "ready":
            return "ready"
        if self.problem is not None:
            return "problem"
        return "loading" if self._worker.state == "loading" else "resting"

    def expect_work(self) -> None:
        """Load the model, because a job or a question will follow."""
        self._last_work = time.monotonic()
        if self._worker.state == "stopped":
            self._worker.start()

    def cancel(self, job: Job, *, keep: bool) -> None:
        """Ask the worker to stop a job that it has, and to keep or discard its picture."""
        job.stop_request = Cancel(job.name, keep)
        self._worker.send(job.stop_request)
        self._hurry(job)

    def pause(self, job: Job) -> None:
        """Ask the worker to save a job that it has, and to stop it."""
        job.stop_request = Pause(job.name)
        self._worker.send(job.stop_request)
        self._hurry(job)

    def _hurry(self, job: Job) -> None:
        """Let the preview at a step of ``job`` make way, so that the end of ``job`` is soon."""
        preview = self._jobs.between
        if preview is not None and preview is not job:
            self._worker.send(Pause(preview.name))

    def work(self) -> None:
        """One turn of the loop: handle messages, replace a failed worker, start the next job."""
        self.receive()
        self._replace_dead()
        self._replace_frozen()
        self._replace_hung()
        self._start_next()
        self._start_between()
        self._questions.forward()
        self._unload_if_idle()

    def close(self, seconds: float) -> None:
        """Pause the running job within ``seconds``, and end the worker."""
        job, preview = self._jobs.running, self._jobs.between
        if job is not None and job.stop_request is None:
            self.pause(job)
        if preview is not None:
            self.cancel(preview, keep=False)
        deadline = time.monotonic() + seconds
        while self._jobs.running is not None and time.monotonic() < deadline:
            if self._worker.exit_status() is not None:
                break
            self._worker.wait(0.05)
            self.receive()
        self._worker.close()

    # --- messages from the worker -----------------------------------------------------------

    def receive(self) -> None:
        """Handle all messages from the worker."""
        while (received := self._worker.receive()) is not None:
            message, pictures = received
            self._handle(message, pictures)

    def _handle(self, message: Message, pictures: list[bytes]) -> None:
        match message:
            case Ready():
                log.info("worker ready on %s", message.device)
                self._worker.state = "ready"
                self._worker.device = message.device
                self._failed_starts = 0
                self.problem = None
                self._last_work = time.monotonic()
            case Cards():
                self._worker.cards = message.cards
            case Beat():
                self._watchdog.pulse(message.pulse)
            case Unready():
                self._worker.kill()
                self._fail_queue(message.exception())
            case Estimate():
                self._questions.deliver(message)
            case daemon_messages.ErrorReply() if message.ticket:
                self._questions.deliver(message)
            case _:
                for job in self._jobs.in_work:
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
            case daemon_messages.ErrorReply():
                self._free_worker_of(job)
                self._ledger.fail(job, message.exception())

    def _free_worker_of(self, job: Job) -> None:
        """The worker has ended ``job``. After a preview between steps, it goes on with another."""
        if job is self._jobs.running:
            self._worker.state = "ready"

    # --- failures of the worker -------------------------------------------------------------

    def _replace_dead(self) -> None:
        status = self._worker.exit_status()
        if status is None:
            return
        self.receive()
        log.warning("the worker ended with status %s", status)
        loading = self._worker.state == "loading"
        self._worker.clear()
        self._recover(loading=loading)

    def _replace_frozen(self) -> None:
        loading = self._worker.state == "loading"
        patience = self._limits.silent_worker * (LOADING_FACTOR if loading else 1)
        stuck = loading and self._worker.loading_seconds > self._limits.hung_worker
        if self._worker.silent_seconds() < patience and not stuck:
            return
        log.warning("worker %d is frozen and is killed", self._worker.pid)
        self._worker.kill()
        self._recover(loading=loading)

    def _replace_hung(self) -> None:
        jobs = self._jobs.in_work
        if not jobs or not self._watchdog.hangs(jobs[0]):
            return
        log.warning("worker %d computes no more and is killed", self._worker.pid)
        self._worker.kill()
        self._recover(loading=False)

    def _recover(self, *, loading: bool) -> None:
        job, preview = self._jobs.running, self._jobs.between
        if preview is not None:
            self._recover_job(preview)
        if job is not None:
            # The preview may have been too much for the memory. From now on it comes first.
            job.makes_way = job.makes_way and preview is None
            self._recover_job(job)
        self._failed_starts += loading
        if self._failed_starts < self._limits.worker_starts:
            self._worker.start()
        else:
            self._fail_queue(WorkerError("The computing process cannot be started."))

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

    def _fail_queue(self, error: NeuralStyleError) -> None:
        """Fail all waiting jobs and questions, because the worker cannot start."""
        self.problem = error
        self._failed_starts = 0
        for job in self._jobs.queued:
            self._ledger.fail(job, error)
        self._questions.fail_all(error)

    def _start_next(self) -> None:
        if self._jobs.queued and self._worker.state == "stopped":
            self._worker.start()
        if self._worker.state != "ready" or (job := self._jobs.start_next()) is None:
            return
        self._worker.state = "busy"
        self._hand_over(job)
        if job.stop_request is not None:  # the last worker died before it was done
            self._worker.send(job.stop_request)

    def _start_between(self) -> None:
        """Give the worker a preview while it has another job: it paints it at a step of that."""
        if self._worker.state == "busy" and (preview := self._jobs.start_between()) is not None:
            self._hand_over(preview)

    def _hand_over(self, job: Job) -> None:
        log.info("job %s: handed to worker %d", job.name, self._worker.pid)
        folder = str(job.folder.path)
        run = Run(job.name, folder, job.settings.to_dict(), job.offers, job.crashes)
        self._worker.send(run)
        self._watchdog.sign_of_life()
        self._subscribers.notify_positions()

    def _unload_if_idle(self) -> None:
        idle = self._worker.state == "ready" and not self._jobs.unfinished
        if idle and self.idle_seconds > self._limits.unload_after:
            log.info("the model is let go after %.0f seconds without work", self.idle_seconds)
            self._worker.kill()
