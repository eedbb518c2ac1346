"""What the service process holds, and that it does not grow."""

from __future__ import annotations

import sys

import psutil
import pytest

from neural_style_protocol import events
from neural_style_protocol.settings import Settings
from service.standin_daemon import StandinDaemon, picture, run_command, until
from service.standin_worker import Script


def test_the_command_that_starts_the_service_brings_nothing_of_the_others(
    daemon: StandinDaemon,
) -> None:
    script = (
        "import sys, neural_style.service.daemon\n"
        "from neural_style.cli import commands\n"
        "commands.main(['serve', '--help'], standalone_mode=False)\n"
        "print(sorted({'torch', 'numpy', 'PIL', 'rich'} & set(sys.modules)))"
    )
    words = run_command([sys.executable, "-c", script], daemon.home).stdout
    assert "Run the daemon in this terminal" in words
    assert words.endswith("[]\n")


@pytest.mark.slow
def test_a_hundred_jobs_leave_nothing_behind(daemon: StandinDaemon) -> None:
    Script(steps=3, seconds_per_step=0.0).write(daemon.home.root)
    daemon.limit(history_jobs=4)
    with daemon.client() as client:
        service = psutil.Process(client.daemon.pid)

        def work(jobs: int) -> tuple[int, int, int]:
            for _ in range(jobs):
                client.submit(picture(64, 64), [(picture(32, 32), 1.0)], Settings())
                until(client, events.Finished)
            files = sum(1 for _ in daemon.home.root.rglob("*"))
            return service.memory_info().rss, service.num_fds(), files

        work(20)
        memory_before, descriptors_before, files_before = work(20)
        memory, descriptors, files = work(60)
        assert descriptors == descriptors_before
        assert files == files_before
        assert memory - memory_before < 4 << 20
        assert len(client.jobs()) <= 4
        assert memory < 60 << 20
