"""One run of the bridge's program, with a thread that writes to it and one that reads from it."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from io import FileIO
from pathlib import Path

from neural_style_protocol.background import unseen
from neural_style_protocol.bridge import parcels
from neural_style_protocol.bridge.mailbox import Mailbox
from neural_style_protocol.bridge.parcels import Parcel
from neural_style_protocol.errors import ProtocolError

UNREAD, UNSENT = 16, 256
"""Most parcels that wait to be read, and to be sent. The bridge waits when the first is full."""

END_SECONDS = 2.0
"""How long a bridge may take to end after its output has ended."""

FLUSH_SECONDS = 0.5
"""How long :meth:`BridgeProcess.close` waits for what was sent to go out."""

LAST_WORDS, LAST_LINE = 4_096, 500


class BridgeProcess:
    """A running bridge.

    Args:
        command: the program and its arguments.
        environment: its environment variables.
        folder: its current folder, which must exist.
        on_arrival: called by a thread when something has arrived, or the bridge has ended.

    Raises:
        OSError: the program cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        on_arrival: Callable[[], None],
    ) -> None:
        self._inbox: Mailbox[Parcel] = Mailbox(UNREAD)
        self._outbox: Mailbox[Parcel] = Mailbox(UNSENT)
        self._on_arrival = on_arrival
        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._words,
                bufsize=0,
                env=environment,
                cwd=folder,
                **unseen(),
            )
        except BaseException:
            self._words.close()
            raise
        self.problem: ProtocolError | None = None
        """What has come that is no parcel, if that was the end."""
        self.last_words = ""
        """The last line that the bridge has printed, when it has ended."""
        self._writer = threading.Thread(
            target=self._write, args=(self._process.stdin,), daemon=True
        )
        self._writer.start()
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, parcel: Parcel) -> bool:
        """Send without waiting; False if too many parcels wait. An ended bridge takes all."""
        return self._outbox.offer(parcel)

    def take(self) -> Parcel | None:
        """The next parcel from the bridge; None if none has arrived."""
        return self._inbox.take()

    def wait(self, seconds: float) -> None:
        """Wait until a parcel has arrived, or the bridge has ended."""
        self._inbox.wait(seconds)

    @property
    def has_ended(self) -> bool:
        """Whether the bridge has ended, and all that it has sent was taken."""
        return self._inbox.is_over

    def close(self) -> None:
        """Let the bridge end, after it has got what was sent."""
        self._outbox.close()
        self._writer.join(FLUSH_SECONDS)
        if self._writer.is_alive():
            self._process.kill()
        self._inbox.close()

    def _write(self, pipe: FileIO) -> None:
        with contextlib.suppress(OSError), pipe:
            for parcel in self._outbox:
                parcels.write(pipe, parcel)

    def _read(self, pipe: FileIO) -> None:
        try:
            with pipe:
                while (parcel := parcels.read(pipe)) is not None:
                    self._inbox.put(parcel)
                    self._on_arrival()
        except ProtocolError as error:
            self.problem = error
            self._process.kill()
        except OSError:
            pass
        self._reap()
        self._read_last_words()
        self._outbox.close()
        self._inbox.close()
        self._on_arrival()

    def _reap(self) -> None:
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read_last_words(self) -> None:
        with contextlib.suppress(OSError), self._words as words:
            words.seek(0)
            text = words.read()[-LAST_WORDS:].decode("utf-8", "replace")
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            self.last_words = lines[-1][:LAST_LINE] if lines else ""
