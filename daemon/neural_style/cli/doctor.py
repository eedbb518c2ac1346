"""``neural-style doctor``: checks the installation, and says how to repair it."""

from __future__ import annotations

import click

from neural_style.cli.json_output import print_json
from neural_style.cli.options import json_option
from neural_style.cli.terminal import coloured, print_lines, printable, write_out
from neural_style.doctor import Finding, examine, report_text
from neural_style_protocol.errors import NeuralStyleError
from neural_style_protocol.paths import Home

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


@click.command()
@click.option("--fix", is_flag=True, help="Repair what can be repaired safely.")
@click.option("--report", is_flag=True, help="Print a text for a bug report, without your name.")
@json_option
def doctor(fix: bool, report: bool, as_json: bool) -> int:
    """Check every part of the installation and say what to do.

    The exit status is 1 if there is a problem.
    """
    home = Home.find()
    found = (_after_fix(finding) if fix else finding for finding in examine(home))
    if report:
        findings = list(found)
        print_lines(report_text(findings, home))
    elif as_json:
        findings = list(found)
        print_json([_values(finding) for finding in findings])
    else:
        findings = [_print(finding) for finding in found]
    return 1 if any(finding.level == "problem" for finding in findings) else 0


def _print(finding: Finding) -> Finding:
    mark, colour = _MARKS[finding.level]
    write_out(f"{coloured(mark, colour)} {finding.part}: {printable(finding.sentence)}\n")
    if finding.next_step:
        print_lines(f"  → {printable(finding.next_step)}")
    return finding


def _after_fix(finding: Finding) -> Finding:
    """Apply the finding's fix, if it has one, and return the finding after it."""
    if finding.fix is None:
        return finding
    try:
        finding.fix()
    except (NeuralStyleError, OSError) as error:
        sentence = f"{finding.sentence} It could not be put right: {error}"
        return Finding(finding.part, "problem", sentence, finding.next_step)
    return Finding(finding.part, "ok", f"{finding.sentence} Put right.")


def _values(finding: Finding) -> dict[str, str]:
    return {
        "part": finding.part,
        "level": finding.level,
        "sentence": finding.sentence,
        "next_step": finding.next_step,
    }
