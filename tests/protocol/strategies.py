"""Every message with any fields it may have."""

from __future__ import annotations

import dataclasses
from typing import get_type_hints

from hypothesis import strategies as st

from neural_style_protocol import client_messages, daemon_messages
from neural_style_protocol._message import JOB_NAME, MAX_COUNT, Message
from neural_style_protocol.estimates import MOST_BYTES, AskEstimate
from neural_style_protocol.fields import LARGEST_EXACT
from neural_style_protocol.job_list import LONGEST_ERROR, JobList, JobSummary
from neural_style_protocol.losses import MAX_LOSSES, TOTAL, Losses
from neural_style_protocol.messages import CLIENT_MESSAGES, DAEMON_MESSAGES
from neural_style_protocol.phrases import Amount, Duration, Phrase, Value
from neural_style_protocol.pixels import MAX_BYTES, MAX_SIDE, PictureSpec
from neural_style_protocol.settings import SCHEMA
from neural_style_protocol.value_fields import LONGEST_NAME

names = st.text(max_size=JOB_NAME)
counts = st.integers(0, MAX_COUNT)
floats = st.floats(allow_nan=False, allow_infinity=False)
settings = st.sampled_from([{}, {"strength": 5.0}, {s.name: s.default for s in SCHEMA}])
specs = st.builds(
    PictureSpec,
    width=st.integers(1, 1_000),
    height=st.integers(1, 1_000),
    channels=st.sampled_from([3, 4]),
    dtype=st.sampled_from(["u8", "f32"]),
)
masks = st.builds(PictureSpec, st.integers(1, 99), st.integers(1, 99), st.just(1), st.just("u8"))
terms = st.dictionaries(names.filter(TOTAL.__ne__), floats, max_size=MAX_LOSSES - 1)
losses = st.builds(Losses, terms, floats)


def offers(
    role: str, spec: st.SearchStrategy[PictureSpec]
) -> st.SearchStrategy[client_messages.ImageOffer]:
    return st.builds(client_messages.ImageOffer, st.just(role), spec, st.floats(0.01, 1e6))


def _of_one_size(
    content: client_messages.ImageOffer,
    styles: list[client_messages.ImageOffer],
    rest: list[client_messages.ImageOffer],
) -> tuple[client_messages.ImageOffer, ...]:
    width, height = content.spec.width, content.spec.height
    fitting = (
        dataclasses.replace(offer, spec=dataclasses.replace(offer.spec, width=width, height=height))
        for offer in rest
    )
    return (content, *styles, *fitting)


images = st.builds(
    _of_one_size,
    offers("content", specs),
    st.lists(offers("style", specs), min_size=1, max_size=client_messages.MAX_STYLES),
    st.lists(
        st.one_of(offers("mask", masks), offers("initial", specs)),
        max_size=2,
        unique_by=lambda offer: offer.role,
    ),
)
_named = st.from_regex(rf"[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}", fullmatch=True)
_simple = (
    st.text(max_size=50)
    | st.integers(-LARGEST_EXACT, LARGEST_EXACT)
    | floats
    | st.builds(Amount, st.integers(0, LARGEST_EXACT))
    | st.builds(Duration, st.floats(0, LARGEST_EXACT))
)


def _values(of: st.SearchStrategy[Value]) -> st.SearchStrategy[dict[str, Value]]:
    return st.dictionaries(_named, of, max_size=4)


_phrases = st.builds(Phrase, st.text(max_size=50), _values(_simple))
values = _values(_simple | _phrases | st.builds(Phrase, st.text(max_size=50), _values(_phrases)))
"""Any values of a sentence, phrases within phrases among them."""

job_lines = st.builds(
    daemon_messages.JobLine, names, st.sampled_from(daemon_messages.JOB_STATES), counts, counts
)
card_lines = st.builds(
    daemon_messages.CardLine,
    st.text(max_size=32),
    st.text(max_size=200),
    st.integers(0, 2**53),
)
worker_lines = st.builds(
    daemon_messages.WorkerLine,
    counts,
    st.sampled_from(daemon_messages.WORKER_STATES),
    st.text(max_size=200),
    st.lists(names, max_size=2).map(tuple),
)
summaries = st.builds(
    JobSummary,
    job=names,
    state=st.sampled_from(daemon_messages.JOB_STATES),
    created=floats,
    client=st.text(max_size=100),
    width=st.integers(0, MAX_SIDE),
    height=st.integers(0, MAX_SIDE),
    styles=counts,
    step=counts,
    total=counts,
    settings=settings,
    ending=st.text(max_size=32),
    error=st.text(max_size=LONGEST_ERROR),
    byte_count=st.integers(0, 2**53),
)

_SPECIAL: dict[str, st.SearchStrategy[object]] = {
    "settings": settings,
    "images": images,
    "spec": specs,
    "losses": losses,
    "values": values,
    "action": st.sampled_from(client_messages.ACTIONS),
    "ending": st.sampled_from(daemon_messages.ENDINGS),
    "offset": st.integers(0, MAX_BYTES),
    "image": st.integers(0, client_messages.MAX_STYLES + 3),
    "features": st.lists(st.text(max_size=64), max_size=9).map(tuple),
    "remaining": st.none() | floats,
    "seconds": st.none() | floats,
    "full_size_evaluations": st.none() | floats,
    "peak_bytes": st.integers(0, MOST_BYTES),
    "free_bytes": st.integers(0, MOST_BYTES),
    "tile": st.integers(0, MAX_SIDE),
    "client": st.text(max_size=100),
    "code": st.text(max_size=32),
    "arithmetic": st.text(max_size=client_messages.LONGEST_ARITHMETIC),
    "daemon_version": st.text(max_size=64),
    "device": st.text(max_size=200),
    "coherence": st.floats(0, client_messages.MOST_COHERENCE),
}
_OF_KIND: dict[tuple[type[Message], str], st.SearchStrategy[object]] = {
    (daemon_messages.Status, "state"): st.sampled_from(daemon_messages.DAEMON_STATES),
    (daemon_messages.Status, "jobs"): st.lists(job_lines, max_size=4).map(tuple),
    (daemon_messages.Status, "cards"): st.lists(card_lines, max_size=3).map(tuple),
    (daemon_messages.Status, "workers"): st.lists(worker_lines, max_size=3).map(tuple),
    (AskEstimate, "width"): st.integers(1, 1_000),
    (AskEstimate, "height"): st.integers(1, 1_000),
    (AskEstimate, "styles"): st.integers(1, client_messages.MAX_STYLES),
    (JobList, "jobs"): st.lists(summaries, max_size=2).map(tuple),
}
_OF_TYPE: dict[object, st.SearchStrategy[object]] = {
    str: names,
    int: counts,
    float: floats,
    bool: st.booleans(),
}


def messages(kind: type[Message]) -> st.SearchStrategy[Message]:
    """Any message of one kind."""
    hints = get_type_hints(kind)
    fields = {}
    for field in dataclasses.fields(kind):
        special = _OF_KIND.get((kind, field.name), _SPECIAL.get(field.name))
        fields[field.name] = _OF_TYPE[hints[field.name]] if special is None else special
    return st.builds(kind, **fields)


KINDS: dict[str, type[Message]] = {**CLIENT_MESSAGES, **DAEMON_MESSAGES}
any_message = st.sampled_from(sorted(KINDS)).flatmap(lambda name: messages(KINDS[name]))
