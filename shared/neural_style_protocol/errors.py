"""The exception tree: every failure that a person can meet, in a plain sentence with a next step.

::

    NeuralStyleError
    ├── InputError            a picture or a mask that cannot be used
    ├── SettingsError         a setting out of range or unknown
    ├── ProtocolError         a message that is not in the protocol
    │   ├── VersionError      the two sides speak different versions
    │   └── SessionError      a message from a program that has not said hello
    ├── DaemonError           the daemon cannot be reached, started or kept
    │   ├── DaemonUnreachable
    │   │   └── LinkDown      the link to a remote one is down, for a while perhaps
    │   ├── BridgeError       the bridge to it cannot be started or kept
    │   ├── BusyError         the queue is full
    │   └── WorkerError       the computing process failed
    ├── WeightsError          the network's weights are missing or damaged
    ├── UnknownJobError       there is no such job
    └── StorageError          a file cannot be written

An ``error`` message carries the class's ``code``, the templates of the sentence and of the next
step, and the values of both. The words are made where they are read, in the reader's language.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import ClassVar

from neural_style_protocol.phrases import Phrase, Value


class NeuralStyleError(Exception):
    """A failure with the sentence that a person reads and the step to take next.

    Both are templates (see :class:`Phrase`), which a catalogue of translations can know only if
    they are literals: what differs from one failure to another is among the ``values``.
    """

    code: ClassVar[str] = "internal"
    exit_status: ClassVar[int] = 1
    default_next_step: ClassVar[str] = "Run `neural-style status`, or look at the daemon's log."

    def __init__(
        self, sentence: str, /, *, next_step: str | None = None, **values: Value | os.PathLike[str]
    ) -> None:
        super().__init__(sentence)
        self._templates = (sentence, self.default_next_step if next_step is None else next_step)
        self.values: Mapping[str, Value] = {
            name: os.fspath(value) if isinstance(value, os.PathLike) else value
            for name, value in values.items()
        }

    @property
    def what(self) -> Phrase:
        """What happened."""
        return Phrase(self._templates[0], self.values)

    @property
    def advice(self) -> Phrase:
        """What to do."""
        return Phrase(self._templates[1], self.values)

    @property
    def sentence(self) -> str:
        """What happened, in English."""
        return str(self.what)

    @property
    def next_step(self) -> str:
        """What to do, in English; empty if there is nothing."""
        return str(self.advice)

    def __str__(self) -> str:
        return f"{self.sentence} {self.next_step}".strip()


class InputError(NeuralStyleError):
    """A picture that cannot be used."""

    code = "input"
    exit_status = 3
    default_next_step = "Choose another picture."


class SettingsError(NeuralStyleError):
    """A setting that is out of range, of the wrong type, or unknown."""

    code = "settings"
    exit_status = 2
    default_next_step = "See `neural-style stylize --help` for what is allowed."


class ProtocolError(NeuralStyleError):
    """A message that does not follow docs/protocol.md."""

    code = "protocol"
    exit_status = 4
    default_next_step = "Update the plug-in and the daemon to the same version."


class VersionError(ProtocolError):
    """The two sides share no protocol version."""

    code = "version"


class SessionError(ProtocolError):
    """A message from a program that has not said hello, or was let go since."""

    code = "session"
    default_next_step = "Connect again."


class DaemonError(NeuralStyleError):
    """The daemon cannot do what was asked."""

    code = "daemon"
    exit_status = 4


class DaemonUnreachable(DaemonError):
    """No daemon answers."""

    code = "unreachable"
    default_next_step = "Start it with `neural-style start`."


class LinkDown(DaemonUnreachable):
    """Nothing can be sent just now; the link is made anew as soon as that is possible."""

    code = "link-down"
    default_next_step = "Try again in a moment."


class BridgeError(DaemonError):
    """The process between a program and the daemon cannot be started, or has ended."""

    code = "bridge"
    default_next_step = "Run `neural-style doctor`."


class BusyError(DaemonError):
    """The queue or the list of clients is full."""

    code = "busy"
    default_next_step = "Wait for a picture to finish, or cancel one."


class WorkerError(DaemonError):
    """The computing process failed; the daemon itself goes on."""

    code = "worker"
    default_next_step = "Try again, or choose a smaller size."


class WeightsError(NeuralStyleError):
    """The network's weights are missing or damaged."""

    code = "weights"
    exit_status = 5
    default_next_step = "Run `neural-style weights fetch`."


class PackageMissing(NeuralStyleError):
    """An optional package is not installed where it is needed."""

    code = "package"
    exit_status = 5


class UnknownJobError(NeuralStyleError):
    """There is no such job."""

    code = "unknown-job"
    exit_status = 6
    default_next_step = "It may have been discarded."


class StorageError(NeuralStyleError):
    """A file or folder cannot be written."""

    code = "storage"
    exit_status = 7
    default_next_step = "Check free space and permissions."


def _tree(root: type[NeuralStyleError]) -> dict[str, type[NeuralStyleError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found.update(_tree(child))
    return found


_BY_CODE = _tree(NeuralStyleError)


def error_from_code(
    code: str, sentence: str, next_step: str, values: Mapping[str, Value]
) -> NeuralStyleError:
    """The exception for what an ``error`` message carries; unknown codes give the root class."""
    error = _BY_CODE.get(code, NeuralStyleError)(sentence, next_step=next_step)
    error.values = values  # not by name: theirs may be called like an argument
    return error
