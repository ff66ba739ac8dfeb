"""The tree of messages, pure: by example, and by laws that hold for every tree."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.conversations.tree import Node, Tree, fork_plan

BEGINNING = datetime(2026, 11, 1, tzinfo=UTC)


def key(place: int) -> UUID:
    return UUID(int=place + 1)


def keys(*places: int) -> tuple[UUID, ...]:
    return tuple(map(key, places))


def tree(parents: Sequence[int | None], *, deleted: Sequence[int] = (), edited: dict[int, int] | None = None) -> Tree:
    """Messages by their number, each with the number of its parent; `edited` has the minute of an edit."""
    minutes = dict(enumerate(range(len(parents)))) | (edited or {})
    return Tree(
        Node(
            key(place),
            None if parent is None else key(parent),
            "assistant" if place % 2 else "user",
            BEGINNING + timedelta(minutes=minutes[place]),
            place in deleted,
        )
        for place, parent in enumerate(parents)
    )


# 0 ─ 1 ─ 2 ─ 3     two answers to 0, the second with two questions below it
#  └─ 4 ┬ 5 ─ 6
#       └ 7
PARTED = [None, 0, 1, 2, 0, 4, 5, 4]


def test_a_path_leads_from_the_top_to_its_leaf() -> None:
    assert tree(PARTED).path(key(6)) == keys(0, 4, 5, 6)
    assert tree(PARTED).path(None) == ()
    assert tree(PARTED).path(key(99)) == ()


def test_siblings_are_what_could_be_shown_instead() -> None:
    parted = tree(PARTED)
    assert parted.siblings(key(4)) == keys(1, 4)
    assert parted.siblings(key(7)) == keys(5, 7)
    assert parted.siblings(key(0)) == keys(0)


def test_an_edited_message_counts_as_the_newest() -> None:
    assert tree(PARTED, edited={1: 60}).siblings(key(1)) == keys(4, 1)


def test_a_branch_is_shown_to_its_newest_end() -> None:
    assert tree(PARTED).leaf(key(0)) == key(7)
    assert tree(PARTED).leaf(key(5)) == key(6)
    assert tree(PARTED).leaf(key(3)) == key(3)


def test_a_branch_is_the_message_and_all_below_it() -> None:
    assert tree(PARTED).below(key(4)) == keys(4, 5, 6, 7)


def test_a_deleted_message_is_passed_through() -> None:
    parted = tree(PARTED, deleted=[4])
    assert parted.path(key(6)) == keys(0, 5, 6)
    assert parted.parent(key(5)) == key(0)
    assert parted.siblings(key(5)) == keys(1, 5, 7)
    assert key(4) not in parted


def test_a_deleted_beginning_leaves_those_below_it_at_the_top() -> None:
    assert tree([None, 0, 1], deleted=[0, 1]).children(None) == keys(2)


@pytest.mark.parametrize(
    ("deleted", "shown", "then"),
    [
        (4, 3, 3),  # elsewhere: nothing moves
        (4, 6, 3),  # the answer before it, to its end
        (1, 3, 7),  # no answer before it: the one after it
        (5, 6, 7),
        (3, 3, 2),  # none beside it: the branch ends above
        (0, 3, None),
    ],
)
def test_after_a_deletion_what_is_nearest_is_shown(deleted: int, shown: int, then: int | None) -> None:
    parted = tree(PARTED)
    leaf = parted.leaf_without(key(deleted), parted.below(key(deleted)), key(shown))
    assert leaf == (None if then is None else key(then))


def test_one_message_in_the_middle_goes_and_what_is_below_it_stays_shown() -> None:
    assert tree(PARTED).leaf_without(key(1), [key(1)], key(3)) == key(3)


def test_a_fork_has_the_path_with_keys_of_its_own() -> None:
    fresh = iter(keys(100, 101, 102))
    plan = fork_plan(keys(0, 4, 7), lambda: next(fresh))
    assert [(one.source, one.id, one.parent_id) for one in plan] == [
        (key(0), key(100), None),
        (key(4), key(101), key(100)),
        (key(7), key(102), key(101)),
    ]


def test_an_overview_has_a_piece_between_two_partings() -> None:
    drawn = tree(PARTED).segments(key(7))
    assert [(one.ids, one.column, one.row, one.above) for one in drawn] == [
        (keys(0), 0, 0, None),
        (keys(1, 2, 3), 1, 0, 0),
        (keys(4), 1, 1, 0),
        (keys(5, 6), 2, 1, 2),
        (keys(7), 2, 2, 2),
    ]
    assert [one.ids[0] for one in drawn if one.is_shown] == list(keys(0, 4, 7))
    assert tree(PARTED).ends == 3


def test_a_conversation_of_thousands_is_no_deeper_than_the_stack() -> None:
    long = tree([None, *range(9_999)])
    assert len(long.path(key(9_999))) == 10_000
    assert long.leaf(key(0)) == key(9_999)
    assert len(long.segments(key(9_999))) == 1


def test_below_thousands_of_deleted_messages_each_is_passed_once() -> None:
    """A file that comes again can bring thousands of answers to what was deleted meanwhile."""
    count = 3_000
    made = tree([None, *range(count), *[count] * count], deleted=range(1, count + 1))
    looked_up = 0

    class Counted(dict[UUID, Node]):
        def get(self, *given: Any) -> Any:
            nonlocal looked_up
            looked_up += 1
            return super().get(*given)

    made._nodes = Counted(made._nodes)
    assert len(made.children(key(0))) == count
    assert looked_up < 10 * count


def test_an_overview_of_many_pieces_has_the_first_and_their_number() -> None:
    wide = tree([None, *[0] * 50])
    assert wide.segments(None, 10) == wide.segments(None)[:10]
    assert wide.segment_count == len(wide.segments(None)) == 51


# Laws

SHAPES = st.lists(st.integers(0, 10**6), max_size=25).map(
    lambda numbers: [None if number % (place + 1) == 0 else number % place for place, number in enumerate(numbers)]
)


@st.composite
def trees(draw: st.DrawFn) -> tuple[Tree, list[UUID]]:
    shape = draw(SHAPES)
    places = st.integers(0, max(0, len(shape) - 1))
    deleted = draw(st.lists(places, max_size=6))
    edited = draw(st.dictionaries(places, st.integers(0, 30), max_size=4))
    made = tree(shape, deleted=deleted, edited=edited)
    return made, [one for one in map(key, range(len(shape))) if one in made]


@given(trees())
def test_each_message_is_its_parents_child_and_a_sibling_of_its_own(given_tree: tuple[Tree, list[UUID]]) -> None:
    made, there = given_tree
    for one in there:
        assert one in made.children(made.parent(one))
        assert one in made.siblings(one)
        assert made.path(one)[-2:-1] == ((above,) if (above := made.parent(one)) else ())


@given(trees())
def test_the_leaf_of_a_branch_is_an_end_below_it(given_tree: tuple[Tree, list[UUID]]) -> None:
    made, there = given_tree
    for one in there:
        leaf = made.leaf(one)
        assert made.children(leaf) == ()
        assert one in made.path(leaf)


@given(trees())
def test_an_overview_has_each_message_once_and_each_end_a_row(given_tree: tuple[Tree, list[UUID]]) -> None:
    made, there = given_tree
    drawn = made.segments(there[-1] if there else None)
    assert sorted(one for segment in drawn for one in segment.ids) == sorted(there)
    assert len({(one.column, one.row) for one in drawn}) == len(drawn)
    ends = [one.row for one in drawn if not made.children(one.ids[-1])]
    assert ends == list(range(made.ends))
    assert len(drawn) == made.segment_count


@given(trees(), st.data())
def test_after_any_deletion_an_end_of_what_is_left_is_shown(
    given_tree: tuple[Tree, list[UUID]], data: st.DataObject
) -> None:
    made, there = given_tree
    if not there:
        return
    shown = made.leaf(data.draw(st.sampled_from(there)))
    victim = data.draw(st.sampled_from(there))
    gone = data.draw(st.sampled_from([(victim,), made.below(victim)]))
    leaf, rest = made.leaf_without(victim, gone, shown), made.without(gone)
    assert (leaf is None) == (len(gone) == len(there))
    assert leaf is None or (leaf in rest and rest.children(leaf) == ())


@given(st.lists(st.one_of(st.none(), st.integers(0, 12)), min_size=1, max_size=10))
def test_whatever_the_parents_say_every_question_is_answered(parents: list[int | None]) -> None:
    """Cycles and parents that are not there: no store makes them, and no page hangs on them."""
    odd = tree(parents)
    for place in range(len(parents)):
        assert key(place) in odd.below(odd.leaf(key(place))) or odd.children(key(place))
        assert len(odd.path(key(place))) <= len(parents)
    odd.segments(key(0))
