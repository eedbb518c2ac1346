"""``torchrun … -m neural_style.ranks``: paint one picture over several processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click

from neural_style.cli.json_output import error_values, print_json
from neural_style.cli.mistakes import as_neural_style_error
from neural_style.cli.options import (
    check_once_for_each,
    json_option,
    named_styles_option,
    settings_from,
    with_settings,
)
from neural_style.cli.streams import fill_closed_streams, flush_streams, use_utf8
from neural_style.cli.terminal import print_error
from neural_style.cli.typed_paths import output_file, picture_file
from neural_style.picture_files.formats import format_for
from neural_style.ranks.group import Group, RankLost, joined
from neural_style.ranks.painter import Estimate, Order, Painter
from neural_style_protocol.errors import InputError
from neural_style_protocol.phrases import Phrase

NAME = "python -m neural_style.ranks"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("content", type=picture_file)
@named_styles_option("A style image. Several are mixed.")
@click.option(
    "--style-weight",
    "style_weights",
    multiple=True,
    type=click.FloatRange(min=0, min_open=True),
    metavar="NUMBER",
    help="A style's share, once for each STYLE. Without it, the shares are equal.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=output_file,
    metavar="PATH",
    help="Where to save the picture: a name that ends in .tif.",
)
@click.option(
    "--size",
    type=click.IntRange(min=0),
    default=0,
    metavar="PIXELS",
    help="Longest side of the picture; 0 keeps the photo's own size.",
)
@click.option(
    "--checkpoint-minutes",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="MINUTES",
    help="Time between two checkpoints, which are kept beside the output until it is saved.",
)
@click.option("--estimate", "only_estimate", is_flag=True, help="Say what it costs, and stop.")
@json_option
@partial(with_settings, without="size")
def ranks(
    content: Path,
    styles: tuple[Path, ...],
    style_weights: tuple[float, ...],
    output: Path,
    size: int,
    checkpoint_minutes: float,
    only_estimate: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Paint CONTENT over several processes, each of which has a band of it.

    torchrun starts them: on the cards of one host, or on several hosts. All of them must see the
    same files. If one is lost, run the same command again, also with another number of processes.
    """
    if format_for(output) != "TIFF":
        raise InputError(
            "{name} cannot be saved strip by strip.",
            next_step="Give the output a name that ends in .tif.",
            name=output.name,
        )
    check_once_for_each("--style-weight", style_weights, styles)
    weights = style_weights or (1.0,) * len(styles)
    order = Order(
        content,
        tuple((path, weight / sum(weights)) for path, weight in zip(styles, weights, strict=True)),
        output,
        settings_from(options),
        size,
        60 * checkpoint_minutes,
    )
    with joined(order.settings.device) as group:
        answer = _with_words_for_others(group, order, only_estimate, as_json)
        if as_json and group.speaks:
            print_json(answer)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as one rank, and exit with its status; the first rank alone says what went wrong."""
    fill_closed_streams()
    use_utf8(sys.stdout, sys.stderr)
    words = sys.argv[1:] if arguments is None else list(arguments)
    status = 0
    try:
        ranks.main(args=words, prog_name=NAME, standalone_mode=False)
    except (Exception, KeyboardInterrupt) as problem:
        error = as_neural_style_error(problem)
        status = error.exit_status
        if os.environ.get("RANK", "0") == "0":
            if "--json" in words:
                print_json({"error": error_values(error)})
            else:
                print_error(f"Error: {error.sentence}", error.next_step)
    flush_streams()
    sys.exit(status)


def _with_words_for_others(
    group: Group, order: Order, only_estimate: bool, as_json: bool
) -> dict[str, Any]:
    """Paint; if this rank fails, the first one can say why."""
    try:
        return _paint(group, order, only_estimate, as_json)
    except RankLost as lost:
        raise (group.last_words() or lost) from lost
    except Exception as problem:
        group.leave_word(as_neural_style_error(problem))
        raise


def _paint(group: Group, order: Order, only_estimate: bool, as_json: bool) -> dict[str, Any]:
    began = time.monotonic()

    def say(phrase: Phrase) -> None:
        if not as_json:
            print_error(str(phrase))

    painter = Painter(order, group, say)
    estimate = painter.estimate()
    painter.tell(estimate)
    answer = {"ranks": group.share.count, "estimate": _values(estimate)}
    if only_estimate:
        return answer
    evaluations = painter.paint()
    height, width = painter.size
    if group.speaks:
        say(Phrase("Saved {path}.", {"path": str(order.output)}))
    return {
        **answer,
        "output": str(order.output),
        "width": width,
        "height": height,
        "evaluations": evaluations,
        "seconds": time.monotonic() - began,
    }


def _values(estimate: Estimate) -> dict[str, Any]:
    found = asdict(estimate.cost)
    traffic = found.pop("traffic")
    return {
        "memory_bytes": found["memory"],
        "free_bytes": estimate.free_bytes,
        "sent_bytes_each_evaluation": traffic["rows"] + traffic["sums"],
        "sent_bytes": found["sent"],
        "seconds": found["seconds"],
    }
