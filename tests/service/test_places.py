"""How many workers there are, and which graphics card each of them sees."""

from __future__ import annotations

import pytest

from neural_style.service.places import Place, places_for
from neural_style_protocol.daemon_messages import CardLine

FREE = {"cuda:0": 4, "cuda:1": 9, "cuda:2": 7}
CARDS = tuple(CardLine(device, "A card", free) for device, free in FREE.items())
APPLE = (CardLine("mps:0", "Apple GPU", 5),)
CUDA, HIP = "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"


@pytest.mark.parametrize("cards", [(), APPLE, CARDS[:1]])
def test_there_is_one_worker_where_there_is_one_card_or_none(cards: tuple[CardLine, ...]) -> None:
    (only,) = places_for(cards, "cpu", None, {})
    assert only == Place()
    assert only.arguments == ()


def test_each_card_has_a_worker_and_the_first_keeps_its_own() -> None:
    places = places_for(CARDS, "cuda:2", None, {})
    assert [place.card for place in places] == ["cuda:2", "cuda:1", "cuda:0"]
    assert [place.variables for place in places] == [{CUDA: n, HIP: n} for n in "210"]
    assert {(place.workers, place.on_card) for place in places} == {(3, 1)}


def test_a_first_worker_on_the_processor_gets_a_card_later() -> None:
    assert [place.card for place in places_for(CARDS, "cpu", 2, {})] == ["cuda:1", "cuda:2"]


def test_more_workers_than_cards_share_them_in_turn() -> None:
    places = places_for(CARDS[:2], "cuda:0", 3, {})
    assert [(place.card, place.on_card) for place in places] == [
        ("cuda:0", 2),
        ("cuda:1", 1),
        ("cuda:0", 2),
    ]


@pytest.mark.parametrize("cards", [(), APPLE, CARDS[:1]])
def test_on_one_card_or_the_processor_nothing_is_hidden(cards: tuple[CardLine, ...]) -> None:
    for place in places_for(cards, "cpu", 2, {}):
        assert (place.card, place.variables) == ("", {})
        assert place.arguments == ("2", "2")


@pytest.mark.parametrize(
    ("environment", "seen"),
    [
        ({CUDA: "5,GPU-8e2f,7"}, [{CUDA: "5", HIP: "0"}, {CUDA: "GPU-8e2f", HIP: "1"}]),
        ({HIP: "5, 6"}, [{CUDA: "0", HIP: "5"}, {CUDA: "1", HIP: "6"}]),
        ({CUDA: "3", HIP: "5,6"}, [{CUDA: "3", HIP: "5"}, {HIP: "6"}]),
    ],
)
def test_cards_that_the_user_has_hidden_stay_hidden(
    environment: dict[str, str], seen: list[dict[str, str]]
) -> None:
    places = places_for(CARDS[:2], "cuda:0", None, environment)
    assert [place.variables for place in places] == seen


def test_a_place_takes_what_asks_for_its_card_or_for_none() -> None:
    place = Place("cuda:1", {}, 2, 1)
    devices = ("auto", "cpu", "cuda:1", "cuda", "cuda:0")
    assert [place.suits(device) for device in devices] == [True, True, True, False, False]
    assert Place("cuda:0", {}, 2, 1).suits("cuda")
    assert all(Place().suits(device) for device in devices)


def test_the_worker_knows_its_card_as_the_only_one() -> None:
    place = Place("cuda:1", {}, 2, 1)
    assert place.settings_inside({"seed": 3, "device": "cuda:1"}) == {"seed": 3, "device": "cuda:0"}
    assert place.settings_inside({"device": "auto"}) == {"device": "auto"}
    assert place.settings_inside({}) == {}
    assert place.outside([CardLine("cuda:0", "A card", 5)]) == (CardLine("cuda:1", "A card", 5),)
    assert Place().outside(CARDS) == CARDS
