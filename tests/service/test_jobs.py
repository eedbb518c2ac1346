"""From submit to finished, through a real service process."""

from __future__ import annotations

import pytest

from neural_style_protocol import events
from neural_style_protocol.errors import BusyError, InputError, SettingsError, UnknownJobError
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings
from service.links import BOTH_LINKS
from service.standin_daemon import (
    StandinDaemon,
    paint,
    picture,
    submit,
    until,
    wait_until,
)
from service.standin_worker import Script, inverted

pytestmark = BOTH_LINKS


def test_a_job_is_finished(daemon: StandinDaemon) -> None:
    content = picture(20, 10, 4)
    with daemon.client() as client:
        job = submit(client, content)
        heard = until(client, events.Finished)
    kinds = [type(event) for event in heard]
    assert kinds.index(events.Queued) < kinds.index(events.Started) < kinds.index(events.Progress)
    finished = heard[-1]
    assert isinstance(finished, events.Finished)
    assert finished.job == job
    assert finished.picture == inverted(content)
    assert (finished.ending, finished.steps, finished.losses.total) == ("finished", 10, 6.0)


def test_a_picture_of_many_chunks_arrives_whole(daemon: StandinDaemon) -> None:
    content = Picture.of(1500, 1200, 4, bytes(range(250)) * (1500 * 1200 * 4 // 250))
    with daemon.client() as client:
        finished = paint(client, content)
    assert finished.picture == inverted(content)


def test_every_picture_of_a_job_is_taken(daemon: StandinDaemon) -> None:
    content = picture()
    with daemon.client() as client:
        client.submit(
            content,
            [(picture(seed=n), float(n)) for n in range(1, 9)],
            Settings(),
            mask=picture(channels=1),
            initial=picture(seed=4),
        )
        until(client, events.Finished)


def test_previews_show_the_newest_and_one_at_a_time(daemon: StandinDaemon) -> None:
    Script(steps=200, seconds_per_step=0.001, preview_every=1).write(daemon.home.root)
    with daemon.client() as client:
        submit(client, picture(300, 300))
        heard = until(client, events.Finished)
    steps = [event.step for event in heard if isinstance(event, events.Preview)]
    assert steps == sorted(set(steps))
    assert len(steps) > 0


def test_jobs_of_two_clients_are_done_in_turn(daemon: StandinDaemon) -> None:
    with daemon.client("one") as one, daemon.client("two") as two:
        first, second = submit(one, picture(seed=1)), submit(two, picture(seed=2))
        heard_by_two = until(two, events.Finished)
        heard_by_one = until(one, events.Finished)
    assert {event.job for event in heard_by_one} == {first}
    assert {event.job for event in heard_by_two} == {second}
    assert heard_by_one[-1].picture == inverted(picture(seed=1))
    assert heard_by_two[-1].picture == inverted(picture(seed=2))


def test_the_position_in_the_queue_is_told(endless_job: StandinDaemon) -> None:
    with endless_job.client() as client:
        first, second, third = (submit(client) for _ in range(3))
        wait_until(lambda: len(client.status().jobs) == 3)
        until(client, events.Started)
        client.cancel(first, keep=False)
        until(client, events.Discarded)
        positions = [
            event.position
            for event in until(client, events.Started)
            if isinstance(event, events.Queued) and event.job == third
        ]
        assert positions[-1] == 1
        client.cancel(third, keep=False)
        client.cancel(second, keep=False)
        until(client, events.Discarded)


def test_a_job_that_fails_leaves_the_next_alone(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        with pytest.raises(SettingsError, match="Strength"):
            client.submit(picture(), [(picture(), 1.0)], _Wrong())  # type: ignore[arg-type]
        paint(client)


def test_an_unknown_job_is_named_so(daemon: StandinDaemon) -> None:
    with daemon.client() as client:
        client.watch("nothing")
        failed = until(client, events.Failed)[-1]
    assert isinstance(failed.error, UnknownJobError)


def test_a_full_queue_says_so(daemon: StandinDaemon) -> None:
    Script(endless=True, seconds_per_step=0.01).write(daemon.home.root)
    daemon.start(jobs_waiting=2)
    with daemon.client() as client:
        jobs = [submit(client), submit(client)]
        with pytest.raises(BusyError, match="Too many"):
            submit(client)
        for job in jobs:
            client.cancel(job, keep=False)
            until(client, events.Discarded)
        submit(client)


def test_pictures_that_would_fill_the_memory_are_refused(daemon: StandinDaemon) -> None:
    daemon.start(pixel_bytes_waiting=1000)
    with daemon.client() as client, pytest.raises(BusyError, match="leave no room"):
        submit(client, picture(100, 100))


def test_a_worker_that_cannot_start_gives_its_reason(daemon: StandinDaemon) -> None:
    Script(unready=True).write(daemon.home.root)
    with daemon.client() as client:
        submit(client)
        failed = until(client, events.Failed)[-1]
        assert failed.error.code == "weights"
        assert client.status().state == "problem"
        Script().write(daemon.home.root)  # repaired
        paint(client)


def test_an_error_in_one_job_is_told_to_its_client(daemon: StandinDaemon) -> None:
    with daemon.client() as client, pytest.raises(InputError):
        client.submit(picture(), [(Picture.of(0, 0, 3, b""), 1.0)], Settings())


class _Wrong:
    def to_dict(self) -> dict[str, object]:
        return {"strength": 200.0}
