"""Sentences of the daemon's that hold values, in the person's own language."""

from __future__ import annotations

import re
from functools import cache

from gi.repository import GLib


def marked(text: str) -> str:
    """``text`` as it is: it is in the catalogues, and is translated where it is met."""
    return text


SENTENCES = (
    marked("A picture of {width} × {height} pixels is too large."),
    marked("Scale it down to {megapixels} megapixels or fewer."),
    marked(
        "The picture would be computed at {width} × {height} pixels, but each side needs at "
        "least {least}."
    ),
    marked("The style image has {width} × {height} pixels, but each side needs at least {least}."),
    marked(
        "There is not enough memory for a picture of {width} × {height} pixels, which takes about "
        "{amount}."
    ),
    marked("There is not enough memory for a picture of {width} × {height} pixels."),
    marked("This picture could not be computed ({problem})."),
    marked("The picture cannot be stored ({problem})."),
    marked("The daemon has not answered for {seconds} seconds."),
    marked("The daemon did not answer within {seconds} seconds."),
    marked("The daemon cannot be started: {command} ({problem})."),
    marked("The remote daemon {name} does not answer at {address}."),
    marked("The connection file {path} is damaged."),
    marked("The folder {folder} cannot be made ({problem})."),
    marked("Check its permissions, or set {variable} to another folder."),
    marked("Look at {folder}."),
    marked("The weights file {path} is missing."),
    marked("The weights cannot be downloaded: {problem}."),
)
"""The longer ones of those that begin alike come first."""

PLAIN = (
    marked("Choose a smaller size, or close other programs."),
    marked("Choose a picture that is less small or less narrow, or a larger size."),
    marked("Start it there, or run `neural-style remote use local`."),
    marked("The connection was lost while the picture was being sent."),
    marked("The daemon does not know that job."),
    marked("The pictures of that job are no longer here."),
    marked("The pictures that are waiting leave no room for this one."),
    marked("Too many programs use the daemon at once."),
    marked("Check the network, then run `neural-style weights fetch` again."),
    marked("Try again in a moment."),
    marked("Connect again."),
)
"""Those without values, which are translated as they come."""


def translated(sentence: str) -> str:
    """``sentence`` in GIMP's language; as it is where no catalogue has it."""
    plain = str(GLib.dgettext(None, sentence))
    if plain != sentence:
        return plain
    for template in SENTENCES:
        if (found := _pattern(template).fullmatch(sentence)) is not None:
            return str(GLib.dgettext(None, template)).format(**found.groupdict())
    return sentence


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    fixed = [re.escape(part) if n % 2 == 0 else f"(?P<{part}>.+?)" for n, part in enumerate(parts)]
    return re.compile("".join(fixed))
