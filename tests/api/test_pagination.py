"""Cursors: opaque, bound to their list, refused when changed."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from service.api.fields import Text
from service.api.pagination import PageQuery, page_of, read_cursor, write_cursor
from service.api.problems import Problem
from service.api.schemas.base import component_name

PLACES = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
)


@given(PLACES)
def test_comes_back_as_it_went(place: tuple[int, str]) -> None:
    cursor = write_cursor("cards", place)
    assert read_cursor("cards", cursor, (int, str)) == place
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&")


def test_none_is_the_first_page() -> None:
    assert read_cursor("cards", None, (int,)) is None


@given(PLACES, st.integers(0), st.sampled_from("abcXYZ019-_"))
def test_refuses_a_changed_one(place: tuple[int, str], index: int, letter: str) -> None:
    cursor = write_cursor("cards", place)
    index %= len(cursor)
    changed = cursor[:index] + letter + cursor[index + 1 :]
    padded = changed + "=" * (-len(changed) % 4)
    same_bytes = base64.urlsafe_b64decode(padded) == base64.urlsafe_b64decode(
        cursor + "=" * (-len(cursor) % 4)
    )
    if same_bytes:
        return
    with pytest.raises(Problem) as refused:
        read_cursor("cards", changed, (int, str))
    assert refused.value.code == "bad_cursor"


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "a b", "====", "MTIzNDU2Nzg", "A" * 511, "\ud800"]
)
def test_refuses_what_never_was_one(cursor: str) -> None:
    with pytest.raises(Problem, match="not one that this list gave out"):
        read_cursor("cards", cursor, (int,))


def test_refuses_one_of_another_list_or_place() -> None:
    cursor = write_cursor("cards", [1])
    for listing, kinds in (("decks", (int,)), ("cards", (str,)), ("cards", (int, int))):
        with pytest.raises(Problem):
            read_cursor(listing, cursor, kinds)


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"limit": "5"}, {"cursor": None}])
def test_bounds_the_query(query: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PageQuery().load(query)


def test_the_query_has_defaults() -> None:
    assert PageQuery().load({}) == {"limit": 50, "cursor": None}
    assert PageQuery().load({"limit": 200, "cursor": "x"}) == {"limit": 200, "cursor": "x"}


def test_makes_the_schema_of_a_page() -> None:
    page = page_of("WordPage", Text(9))
    assert component_name(page) == "WordPage"
    assert page.dump({"items": ["a"], "next_cursor": None, "more": 1}) == {
        "items": ["a"],
        "next_cursor": None,
    }


@pytest.mark.parametrize("place", [2**63, 10**400, -(2**63) - 1, "\0", "x\0"])
def test_refuses_places_that_no_database_can_be_asked_for(place: int | str) -> None:
    with pytest.raises(Problem, match="not one that this list gave out"):
        read_cursor("cards", write_cursor("cards", [place]), (type(place),))


@given(st.uuids())
def test_an_id_comes_back_as_one(place: UUID) -> None:
    assert read_cursor("jobs", write_cursor("jobs", [place]), (UUID,)) == (place,)
