"""Converts any exception that ends a command into an error with a sentence and a next step."""

from __future__ import annotations

import logging

import click

from neural_style_protocol import phrases
from neural_style_protocol.errors import InputError, NeuralStyleError, StorageError


class UsageMistake(NeuralStyleError):
    """The command line is wrong or incomplete."""

    code = "usage"
    exit_status = 2
    default_next_step = "See `neural-style --help`."


class Interrupted(NeuralStyleError):
    """Ctrl-C before there was a picture to keep."""

    code = "interrupted"
    exit_status = 130
    default_next_step = ""


def as_neural_style_error(error: BaseException) -> NeuralStyleError:
    """``error`` with words for the user, whatever exception it is."""
    match error:
        case NeuralStyleError():
            return error
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "neural-style"
            message = _with_full_stop(error.format_message())
            return UsageMistake(
                "{mistake}", next_step="See `{command} --help`.", mistake=message, command=command
            )
        case click.ClickException():
            return UsageMistake("{mistake}", mistake=_with_full_stop(error.format_message()))
        case click.Abort() | KeyboardInterrupt():
            return Interrupted("Stopped.")
        case OSError(filename=str() as name, strerror=str() as reason):
            return StorageError("{name} cannot be used ({reason}).", name=name, reason=reason)
        case OSError():
            return StorageError("The system refused ({reason}).", reason=phrases.reason(error))
        case MemoryError():
            return InputError(
                "There is not enough memory for this picture.",
                next_step="Close other programs, or scale the picture down.",
            )
    logging.getLogger(__name__).debug("unexpected", exc_info=error)
    return NeuralStyleError(
        "Something unexpected went wrong ({kind}: {error}).",
        next_step="Please report it with what you typed.",
        kind=type(error).__name__,
        error=str(error),
    )


def _with_full_stop(message: str) -> str:
    return message if message.endswith((".", "?", "!", ")")) else f"{message}."
