"""The error of a step of the set-up."""

from __future__ import annotations

from neural_style_protocol.errors import NeuralStyleError


class SetupError(NeuralStyleError):
    """A step of the set-up failed."""

    code = "setup"
    exit_status = 1
    default_next_step = "Run `neural-style setup` again."
