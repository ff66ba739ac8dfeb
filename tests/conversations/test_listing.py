"""What a list shows: the days by which it is grouped, and which conversations there are, in which order and state."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.conversations.conftest import Cast
from webapp.conversations.listing import Listed, View, day_title, grouped
from webapp.conversations.listing_store import FOR_GOOD, Listing
from webapp.conversations.messages import Status
from webapp.conversations.tags_store import MAX_TAGS, Tags
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.types import new_id
from webapp.web.refusals import ConflictError, InvalidError, NotFoundError

NOW = datetime(2026, 11, 25, 0, 30, tzinfo=timezone(timedelta(hours=2)))  # a late evening in UTC


@pytest.mark.parametrize(
    ("used", "title"),
    [
        (NOW, "Today"),
        (NOW + timedelta(hours=5), "Today"),
        (NOW - timedelta(minutes=30), "Today"),
        (NOW - timedelta(minutes=31), "Yesterday"),
        (NOW - timedelta(days=2), "Previous 7 days"),
        (NOW - timedelta(days=7), "Previous 7 days"),
        (NOW - timedelta(days=8), "Previous 30 days"),
        (NOW - timedelta(days=30), "Previous 30 days"),
        (NOW - timedelta(days=60), "September"),
        (NOW - timedelta(days=400), "October 2025"),
    ],
)
def test_the_nearer_a_time_the_finer_its_heading(used: datetime, title: str) -> None:
    assert day_title(used.astimezone(UTC), NOW) == title


def one(title: str, days: int, *, pinned: bool = False) -> Listed:
    return Listed(new_id(), title, "m", pinned, False, NOW - timedelta(days=days))


def test_groups_keep_the_order_with_pinned_ones_by_themselves() -> None:
    groups = grouped([one("a", 50, pinned=True), one("b", 0), one("c", 1), one("d", 1)], NOW)
    assert [(group.title, [each.title for each in group.conversations]) for group in groups] == [
        ("Pinned", ["a"]),
        ("Today", ["b"]),
        ("Yesterday", ["c", "d"]),
    ]


def test_a_heading_that_the_page_above_had_is_not_said_again() -> None:
    groups = grouped([one("c", 1), one("d", 5)], NOW, above=NOW - timedelta(days=1))
    assert [group.title for group in groups] == ["", "Previous 7 days"]


# In the database


async def made(cast: Cast, *titles: str) -> list[UUID]:
    return [(await cast.conversations.add(cast.alice, "m", title)).id for title in titles]


async def titles(cast: Cast, view: View = View(), **place: object) -> list[str]:  # noqa: B008  # a value
    return [each.title for each in await Listing(cast.database).page(cast.alice, view, 100)]


async def test_the_last_used_come_first_and_pinned_ones_on_top(cast: Cast) -> None:
    first, _, _ = await made(cast, "one", "two", "three")
    await Listing(cast.database).pin(cast.alice, first, True)
    assert await titles(cast) == ["one", "three", "two"]
    await Listing(cast.database).pin(cast.alice, first, False)
    assert await titles(cast) == ["three", "two", "one"]


async def test_pages_follow_each_other_and_pinned_ones_are_on_the_first_alone(cast: Cast) -> None:
    keys = await made(cast, *(str(number) for number in range(7)))
    listing = Listing(cast.database)
    await listing.pin(cast.alice, keys[3], True)
    found, place = list[str](), None
    while page := await listing.page(cast.alice, View(), 2, place):
        found += [each.title for each in page]
        place = (page[-1].updated_at, page[-1].id)
    assert found == ["3", "6", "5", "4", "2", "1", "0"]


async def test_the_archive_has_what_was_put_there_until_something_is_asked_in_it(cast: Cast) -> None:
    first, second = await made(cast, "one", "two")
    listing = Listing(cast.database)
    await listing.pin(cast.alice, first, True)
    assert (await listing.archive(cast.alice, [first], True)).ids == [first]
    assert (await titles(cast), await titles(cast, View("archive"))) == (["two"], ["one"])
    await cast.conversations.add_exchange(cast.alice, first, "Go", "m", "")
    assert await titles(cast) == ["Go", "two"]
    assert not (await listing.find(cast.alice, first)).pinned
    assert len((await listing.archive(cast.alice, View(), True)).ids) == 2
    assert await listing.count(cast.alice, View("archive")) == 2
    assert second


async def test_what_is_deleted_is_not_there_and_can_be_brought_back(cast: Cast) -> None:
    first, second, third = await made(cast, "one", "two", "three")
    listing = Listing(cast.database)
    deleted = await listing.delete(cast.alice, [first, third])
    assert deleted.count == 2
    assert (await titles(cast), await titles(cast, View("deleted"))) == (["two"], ["three", "one"])
    with pytest.raises(NotFoundError):
        await cast.conversations.find(cast.alice, first)
    later = await listing.delete(cast.alice, [second])
    assert await listing.count_deleted_at(cast.alice, deleted.moment) == 2
    assert await listing.restore(cast.alice, deleted.moment) == 2
    assert await titles(cast) == ["three", "one"]
    assert await listing.restore(cast.bob, later.moment) == 0
    assert await listing.restore(cast.alice, [second]) == 1


async def test_messages_of_what_is_deleted_are_not_found_and_its_answer_is_asked_to_stop(cast: Cast) -> None:
    exchange = await cast.conversations.add_exchange(cast.alice, None, "Go", "m", "c1")
    deleted = await Listing(cast.database).delete(cast.alice, View())
    assert deleted.live == [exchange.answer.id]
    for attempt in (
        cast.conversations.find_message(cast.alice, exchange.answer.id),
        cast.conversations.window(cast.alice, exchange.conversation.id),
        cast.conversations.add_exchange(cast.alice, exchange.conversation.id, "More", "m", "c2"),
        cast.conversations.rename(cast.alice, exchange.conversation.id, "Mine"),
    ):
        with pytest.raises(NotFoundError):
            await attempt
    kept = await cast.replies.checkpoint([], {exchange.answer.id: 0})
    assert kept.stopped == {exchange.answer.id}


async def test_what_is_deleted_for_good_goes_in_batches_and_cannot_be_brought_back(cast: Cast) -> None:
    await made(cast, *(str(number) for number in range(5)))
    listing = Listing(cast.database)
    await listing.delete(cast.alice, View())
    await made(cast, "there")
    assert await listing.delete_for_good(cast.alice) == 5
    assert await listing.restore(cast.alice, View("deleted")) == 0
    assert await titles(cast, View("deleted")) == []
    assert await listing.clear(cast.bob, FOR_GOOD + timedelta(days=1), 10) == 0
    assert await listing.clear(cast.alice, FOR_GOOD + timedelta(days=1), 3) == 3
    assert await listing.count_going(cast.alice) == 2
    assert await listing.clear(cast.alice, FOR_GOOD + timedelta(days=1), 3) == 2
    assert await titles(cast) == ["there"]


async def test_an_answer_that_ends_unseen_is_new_until_it_is_looked_at(cast: Cast) -> None:
    listing = Listing(cast.database)
    exchange = await cast.conversations.add_exchange(cast.alice, None, "Go", "m", "c1")
    key = exchange.conversation.id

    async def state() -> tuple[bool, bool]:
        (listed,) = await listing.page(cast.alice, View(), 5)
        return listed.is_live, listed.is_unread

    assert await state() == (True, False)
    await look(cast, key, datetime(2026, 10, 31, tzinfo=UTC))  # before the answer ends
    await cast.end(exchange.answer.id, status=Status.STOPPED)
    assert await state() == (False, True)
    await listing.mark_read(cast.bob, key)
    assert await state() == (False, True)
    await listing.mark_read(cast.alice, key)
    assert await state() == (False, False)


async def look(cast: Cast, conversation: UUID, moment: datetime) -> None:
    async with cast.database.write() as session:
        await session.execute(update(ConversationRow).where(ConversationRow.id == conversation).values(read_at=moment))


async def test_what_is_anothers_is_neither_shown_nor_changed(cast: Cast) -> None:
    (key,) = await made(cast, "hers")
    listing = Listing(cast.database)
    assert await listing.page(cast.bob, View(), 5) == []
    with pytest.raises(NotFoundError):
        await listing.find(cast.bob, key)
    await listing.pin(cast.bob, key, True)
    assert (await listing.archive(cast.bob, [key], True)).ids == []
    assert (await listing.delete(cast.bob, [key])).count == 0
    assert not (await listing.find(cast.alice, key)).pinned


async def test_a_title_that_was_made_takes_no_given_ones_place(cast: Cast) -> None:
    first, second = await made(cast, "one", "two")
    await cast.conversations.rename(cast.alice, first, "Mine")
    for key in (first, second):
        await cast.conversations.entitle(cast.alice, key, "Made")
        await cast.conversations.entitle(cast.bob, key, "Stolen")
    assert await titles(cast) == ["Made", "Mine"]


# Tags


async def test_tags_are_put_on_renamed_and_removed(cast: Cast) -> None:
    first, second, _ = await made(cast, "one", "two", "three")
    tags, listing = Tags(cast.database), Listing(cast.database)
    work = await tags.add(cast.alice, [first, second], "  My  Work ")
    assert work.name == "My Work"
    assert await tags.add(cast.alice, [first], "my work") == work
    assert await titles(cast, View(tag=work.id)) == ["two", "one"]
    await tags.rename(cast.alice, work.id, "Job")
    assert (await listing.find(cast.alice, first)).tags[0].name == "Job"
    await tags.take_off(cast.alice, [first], work.id)
    assert await titles(cast, View(tag=work.id)) == ["two"]
    await tags.remove(cast.alice, work.id)
    assert await tags.all(cast.alice) == []
    assert len(await titles(cast)) == 3


async def test_all_of_a_view_get_a_tag_at_once(cast: Cast) -> None:
    await made(cast, "one", "two")
    tags = Tags(cast.database)
    tag = await tags.add(cast.alice, View(), "all")
    assert await titles(cast, View(tag=tag.id)) == ["two", "one"]
    await tags.take_off(cast.alice, View(tag=tag.id), tag.id)
    assert await titles(cast, View(tag=tag.id)) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, 'a "quoted" one', "a\x00b"])
async def test_a_name_that_is_none_is_refused(cast: Cast, name: str) -> None:
    with pytest.raises(InvalidError):
        await Tags(cast.database).add(cast.alice, [], name)


async def test_two_tags_do_not_share_a_name_and_there_are_not_too_many(cast: Cast) -> None:
    tags = Tags(cast.database)
    first, second = await tags.add(cast.alice, [], "One"), await tags.add(cast.alice, [], "Two")
    with pytest.raises(ConflictError):
        await tags.rename(cast.alice, second.id, "oNE")
    await tags.rename(cast.alice, first.id, "ONE")
    for number in range(MAX_TAGS - 2):
        await tags.add(cast.alice, [], f"tag {number}")
    with pytest.raises(ConflictError):
        await tags.add(cast.alice, [], "one more")


async def test_anothers_tags_are_not_there(cast: Cast) -> None:
    (key,) = await made(cast, "hers")
    tags = Tags(cast.database)
    tag = await tags.add(cast.alice, [key], "hers")
    for attempt in (
        tags.find(cast.bob, tag.id),
        tags.rename(cast.bob, tag.id, "mine"),
        tags.remove(cast.bob, tag.id),
        tags.take_off(cast.bob, [key], tag.id),
    ):
        with pytest.raises(NotFoundError):
            await attempt
    stolen = await tags.add(cast.bob, [key], "mine")
    assert await Listing(cast.database).page(cast.bob, View(tag=stolen.id), 5) == []
    assert [each.name for each in (await Listing(cast.database).find(cast.alice, key)).tags] == ["hers"]
