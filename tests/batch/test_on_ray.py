"""Orders are divided among actors, and a picture survives the death of its actor; without Ray."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from neural_style.batch import on_ray
from neural_style.batch.on_ray import Layout, RayPainter, cluster
from neural_style.batch.order import Inputs, Order, Outcome
from neural_style.picture_files.loaded import NOTHING_KEPT
from neural_style_protocol import events
from neural_style_protocol.daemon_messages import ErrorReply
from neural_style_protocol.errors import DaemonUnreachable, InputError, WorkerError
from neural_style_protocol.losses import Losses
from neural_style_protocol.pixels import Picture
from neural_style_protocol.settings import Settings

Answer = Callable[[int], "events.Finished | ErrorReply"]


class RayError(Exception):
    """What Ray raises when an actor has died."""


def finished(shade: int) -> events.Finished:
    return events.Finished("", picture(shade), "finished", 3, 0.1, Losses())


def picture(shade: int) -> Picture:
    return Picture.of(1, 1, 3, bytes([shade] * 3))


@dataclass
class PretendedRay:
    """Answers in the order of asking. ``answer`` gets a picture's shade and may raise."""

    answer: Answer
    exceptions: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(RayError=RayError))
    asked: list[tuple[str, int]] = field(default_factory=list)

    def actor(self, name: str) -> Any:
        def remote(
            settings: Settings,
            arithmetic: str,
            roles: Sequence[tuple[str, float]],
            *stored: tuple[str, Picture],
        ) -> tuple[str, int, int]:
            assert roles == [("content", 1.0), ("style", 1.0)]
            assert arithmetic == "float32"
            assert [word for word, _ in stored] == ["stored", "stored"]
            shade = stored[0][1].data[0]
            self.asked.append((name, shade))
            return name, shade, len(self.asked)

        return SimpleNamespace(paint=SimpleNamespace(remote=remote))

    def put(self, picture: Picture) -> tuple[str, Picture]:
        return "stored", picture

    def wait(self, answers: list[Any], timeout: float) -> tuple[list[Any], list[Any]]:
        return answers[:1], answers[1:]

    def get(self, answer: tuple[str, int, int]) -> events.Finished | ErrorReply:
        return self.answer(answer[1])


class Silent:
    """A watch that keeps what was begun."""

    def __init__(self) -> None:
        self.begun_orders: list[int] = []

    def begun(self, order: Order, job: str) -> None:
        self.begun_orders.append(order.number)

    def heard(self, order: Order, event: events.Event) -> None:
        raise AssertionError


def orders(count: int, broken: int = -1) -> Iterator[Order]:
    def load(number: int) -> Inputs:
        if number == broken:
            raise InputError("It is broken.")
        return Inputs(picture(number), NOTHING_KEPT, ((picture(200), 1.0),))

    for number in range(count):
        path = Path(f"{number}.png")
        yield Order(number, path, path, lambda number=number: load(number))  # type: ignore[misc]


def paint(
    ray: PretendedRay, asked: Iterator[Order], interruptions: Callable[[], int] = lambda: 0
) -> list[Outcome]:
    actors = [ray.actor("one"), ray.actor("two")]
    painter = RayPainter(ray, actors, Settings(), "float32")
    return list(painter.paint(asked, Silent(), interruptions))


def test_each_actor_takes_an_order_when_it_is_free() -> None:
    ray = PretendedRay(finished)
    outcomes = paint(ray, orders(5))
    assert [outcome.order.number for outcome in outcomes] == list(range(5))
    assert [outcome.finished for outcome in outcomes] == [finished(n) for n in range(5)]
    assert {name for name, _ in ray.asked[:2]} == {"one", "two"}
    assert len(ray.asked) == 5


def test_a_picture_whose_actor_has_died_too_often_fails_alone() -> None:
    def answer(shade: int) -> events.Finished:
        if shade == 1:
            raise RayError("The actor died.\nA long report follows.")
        return finished(shade)

    outcomes = {each.order.number: each for each in paint(PretendedRay(answer), orders(4))}
    assert isinstance(outcomes[1].error, WorkerError)
    assert "(The actor died.)" in outcomes[1].error.sentence
    assert [outcomes[n].finished for n in (0, 2, 3)] == [finished(n) for n in (0, 2, 3)]


def test_an_error_arrives_with_its_values() -> None:
    error = InputError("{name} is too small.", name="a.png")
    outcomes = paint(PretendedRay(lambda shade: ErrorReply.of(error)), orders(1))
    assert isinstance(outcomes[0].error, InputError)
    assert outcomes[0].error.sentence == "a.png is too small."


def test_what_cannot_be_read_is_not_sent() -> None:
    ray = PretendedRay(finished)
    outcomes = paint(ray, orders(3, broken=1))
    assert [bool(o.error) for o in sorted(outcomes, key=lambda o: o.order.number)] == [
        False,
        True,
        False,
    ]
    assert sorted(shade for _, shade in ray.asked) == [0, 2]


def test_after_an_interruption_nothing_is_begun() -> None:
    ray = PretendedRay(finished)
    stop = iter((0, 1, 1, 1))
    assert len(paint(ray, orders(9), lambda: next(stop))) == 1
    assert len(ray.asked) == 2


@pytest.mark.parametrize(
    ("machines", "processors", "layout"),
    [
        ([{"CPU": 8.0}], 1, Layout(8, 0, 1, 8)),
        ([{"CPU": 8.0}, {"CPU": 3.0}], 2, Layout(5, 0, 2, 4)),
        (
            [{"CPU": 16.0, "GPU": 2.0}, {"CPU": 64.0}, {"CPU": 8.0, "GPU": 1.0}],
            4,
            Layout(3, 1, 4, 2),
        ),
        ([{"CPU": 2.0}], 4, Layout(0, 0, 4, 1)),
        ([], 1, Layout(0, 0, 1, 1)),
    ],
)
def test_cards_come_before_processors(
    machines: list[dict[str, float]], processors: int, layout: Layout
) -> None:
    assert Layout.of(machines, processors) == layout


@dataclass
class StartedRay:
    """What ``cluster`` asks of Ray, in a machine with two cards."""

    heard: dict[str, Any] = field(default_factory=dict)
    actors: list[tuple[int, int]] = field(default_factory=list)

    def init(self, **arguments: Any) -> None:
        self.heard |= arguments | {"environment": dict(on_ray.os.environ)}

    def nodes(self) -> list[dict[str, Any]]:
        gone = {"Alive": False, "Resources": {"CPU": 99.0, "GPU": 9.0}}
        return [{"Alive": True, "Resources": {"CPU": 16.0, "GPU": 2.0}}, gone]

    def remote(self, **options: Any) -> Callable[[type], Any]:
        self.heard |= options

        def start(threads: int, beside: int) -> int:
            self.actors.append((threads, beside))
            return len(self.actors)

        return lambda actor: SimpleNamespace(remote=start)

    def shutdown(self) -> None:
        self.heard["ended"] = True


@pytest.mark.parametrize("address", ["ray", "ray://head:10001"])
def test_what_a_cluster_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str
) -> None:
    """Three tries of a picture, and any number of starts of an actor; token on, reports off."""
    token = tmp_path / "token"
    token.touch()
    ray = StartedRay()
    monkeypatch.setitem(sys.modules, "ray", ray)  # type: ignore[arg-type]
    monkeypatch.setattr(on_ray.os, "environ", {"RAY_AUTH_TOKEN_PATH": str(token)})
    with cluster(address, 4) as place:
        assert (place.actors, ray.actors) == ([1, 2], [(4, 2), (4, 2)])
        assert "ended" not in ray.heard
    asked = {name: ray.heard[name] for name in ("max_restarts", "max_task_retries", "num_gpus")}
    assert asked == {"max_restarts": -1, "max_task_retries": 2, "num_gpus": 1}
    assert ray.heard["num_cpus"] == 4
    assert ray.heard["address"] == ("local" if address == "ray" else address)
    assert ray.heard.get("include_dashboard", False) is False
    assert ray.heard["environment"]["RAY_AUTH_MODE"] == "token"
    assert ray.heard["environment"]["RAY_USAGE_STATS_ENABLED"] == "0"
    assert ray.heard["ended"] is True


def test_a_cluster_that_is_too_small_or_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = StartedRay()
    monkeypatch.setitem(sys.modules, "ray", ray)  # type: ignore[arg-type]
    monkeypatch.setattr(on_ray.os, "environ", {})
    monkeypatch.setattr(ray, "nodes", lambda: [{"Alive": True, "Resources": {"CPU": 2.0}}])
    with pytest.raises(InputError, match="has 4 processors"), cluster("ray", 4):
        pass
    assert ray.heard["ended"] is True

    def init(**arguments: Any) -> None:
        raise ConnectionError("Nobody is there.\nAnd so on.")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(DaemonUnreachable, match=r"\(Nobody is there.\)"), cluster("ray", 1):
        pass


def test_without_ray_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setattr(on_ray.os, "environ", {})
    with pytest.raises(InputError, match="Ray is not installed") as refused, cluster("ray", 1):
        pass
    assert "pip install 'ray[client]>=2.52,<3'" in refused.value.next_step


def test_a_cluster_needs_its_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment = {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "1"}
    monkeypatch.setattr(on_ray.Path, "home", lambda: tmp_path)
    with pytest.raises(InputError, match="token is not on this machine") as refused:
        on_ray._secure(environment, is_local=False)
    assert str(tmp_path / ".ray" / "auth_token") in refused.value.next_step
    assert environment == {"RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("secret", encoding="utf-8")
    on_ray._secure(environment, is_local=False)
    assert "RAY_AUTH_TOKEN" not in environment


def test_a_cluster_of_this_machine_has_a_token_of_its_own() -> None:
    one: dict[str, str] = {"RAY_AUTH_TOKEN": "known to others"}
    other: dict[str, str] = {}
    for environment in (one, other):
        on_ray._secure(environment, is_local=True)
        assert len(environment["RAY_AUTH_TOKEN"]) == 64
        assert environment["RAY_AUTH_MODE"] == "token"
        assert environment["RAY_USAGE_STATS_ENABLED"] == "0"
    assert one["RAY_AUTH_TOKEN"] != other["RAY_AUTH_TOKEN"]
