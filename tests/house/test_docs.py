"""What the documents say is true: generated pages, links, and the commands that they show."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from contexts import context_of
from install.cli import parser as installer_parser
from neural_style.cli import commands
from neural_style.reference import PAGES

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.md")])
SOURCES = sorted(
    path
    for room in ("daemon", "shared", "gimp_plugin", "install", "scripts")
    for path in (ROOT / room).rglob("*.py")
    if "vendor" not in path.parts
)

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:neural-style|\./install\.sh) [^`]+)`")
_ADVICE = re.compile(r"[Rr]un `?((?:neural-style|\./install\.sh)(?: -?-?[a-z][\w-]*)+)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def anchors(document: Path) -> set[str]:
    """The names that a document's headings get."""
    headings = _HEADING.findall(_FENCE.sub("", text_of(document)))
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {word.strip().replace(" ", "-") for word in words}


def shown_commands() -> Iterator[tuple[str, list[str]]]:
    """Each line of the shell examples that starts one of our programs, and where it is."""
    for document in DOCUMENTS:
        for language, block in _FENCE.findall(text_of(document)):
            if language != "sh":
                continue
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                while words and "=" in words[0]:
                    words.pop(0)  # a variable set for this command alone
                if words and words[0] in {"neural-style", "./install.sh"}:
                    yield document.name, words


@pytest.mark.parametrize("name", PAGES)
def test_pages_made_from_the_code_are_up_to_date(name: str) -> None:
    page = ROOT / "docs" / name
    assert text_of(page) == PAGES[name](), "run: python -m neural_style.reference docs"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    broken = []
    for link in _LINK.findall(text_of(document)):
        if link.startswith(("https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_documents_show_commands() -> None:
    assert len(list(shown_commands())) > 10


@pytest.mark.parametrize(
    ("document", "words"), list(shown_commands()), ids=lambda v: v if isinstance(v, str) else v[-1]
)
def test_commands_that_are_shown_exist(document: str, words: list[str]) -> None:
    if words[0] == "./install.sh":
        installer_parser().parse_args(words[1:])
        return
    command, rest = named_command(words[1:])
    assert command is not None, f"{document}: {shlex.join(words)}"
    context = context_of(command)
    command.make_parser(context).parse_args(rest)


def named_command(words: list[str]) -> tuple[click.Command | None, list[str]]:
    """The innermost command that ``words`` name, None where there is none, and what follows it."""
    command: click.Command | None = commands
    while isinstance(command, click.Group) and words:
        command = command.get_command(context_of(command), words[0])
        words = words[1:]
    return command, words


def mentioned_commands() -> Iterator[tuple[str, str]]:
    """Commands in running text, and those that a message tells a person to run."""
    for document in DOCUMENTS:
        for words in _INLINE.findall(_FENCE.sub("", text_of(document))):
            yield document.name, words
    for source in SOURCES:
        text = re.sub(r'"\s*\n\s*f?"', "", text_of(source))  # a sentence over several lines
        for words in _ADVICE.findall(text):
            yield source.name, words


def test_messages_and_documents_mention_commands() -> None:
    places = [place for place, words in mentioned_commands()]
    assert sum(place.endswith(".py") for place in places) > 5
    assert sum(place.endswith(".md") for place in places) > 5


@pytest.mark.parametrize(("place", "text"), sorted(set(mentioned_commands())))
def test_commands_that_are_mentioned_exist(place: str, text: str) -> None:
    """With their options; an option's value may be left out."""
    program, *words = text.split()
    options = {word.strip("[]") for word in words if word.strip("[]").startswith("--")}
    if program == "./install.sh":
        known = set(re.findall(r"--[a-z-]+", installer_parser().format_help()))
    else:
        command, _ = named_command(words)
        assert command is not None, f"{place}: {text}"
        known = {name for parameter in command.params for name in parameter.opts}
    assert options <= known, f"{place}: {text}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(document: Path) -> None:
    """Whatever is set as code and ends in .py or .sh lies in the repository under that name."""
    files = [path.as_posix() for path in ROOT.rglob("*") if path.suffix in {".py", ".sh"}]
    named = re.findall(r"`(?:\./)?([\w./-]+\.(?:py|sh))`", text_of(document))
    missing = [name for name in named if not any(file.endswith(f"/{name}") for file in files)]
    assert missing == []
