"""Who has the address of a share can read its branch, and nothing else."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.documents.conftest import Cast
from tests.documents.test_imports import bring_in, item
from tests.fakes.documents import ASKED, document, message
from webapp.conversations.listing_store import Listing
from webapp.conversations.tree_store import Branches
from webapp.db.tables import Conversation as ConversationRow
from webapp.documents.document import Document, DocumentPicture
from webapp.documents.shares.store import ShareStore
from webapp.documents.shares.watching import Watchers
from webapp.web.refusals import InvalidError, NotFoundError

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def pictured(name: str) -> tuple[DocumentPicture, ...]:
    return (DocumentPicture(id=name, media_type="image/png", data=PNG),)


# A question, two answers to it, and a question below the second.
TREE = document(
    ASKED,
    message(2, 1, "assistant", "First.", pictures=pictured("a")),
    message(3, 1, "assistant", "Second.", pictures=pictured("b")),
    message(4, 3, "user", "And?"),
    active_leaf_id="m2",
)


@pytest.fixture
def shares(cast: Cast) -> ShareStore:
    return ShareStore(cast.database)


async def tree(cast: Cast) -> Document:
    """Alice's conversation; its messages are, in order, those of TREE."""
    await bring_in(cast.imports, cast.alice, [item(TREE)])
    (made,) = [one async for one in cast.documents.documents(cast.alice)]
    return made


async def show(cast: Cast, made: Document, place: int) -> None:
    async with cast.database.write(cast.alice) as session:
        leaf = UUID(made.messages[place].id)
        where = ConversationRow.id == UUID(made.id)
        await session.execute(update(ConversationRow).where(where).values(active_leaf_id=leaf))


async def shared(cast: Cast, shares: ShareStore, made: Document, *, with_later: bool = False) -> str:
    """The token of a share of what is shown."""
    key = await shares.add(cast.alice, UUID(made.id), with_later=with_later, is_live=False)
    return next(one.token for one in await shares.listed(cast.alice) if one.id == key)


async def read(shares: ShareStore, made: Document, token: str) -> list[int]:
    """The places of the messages that one can read."""
    places = {UUID(one.id): place for place, one in enumerate(made.messages)}
    return [places[one] for one in (await shares.find(token)).branch]


async def test_the_branch_that_is_shown_is_shared(cast: Cast, shares: ShareStore) -> None:
    made = await tree(cast)
    token = await shared(cast, shares, made)
    assert await read(shares, made, token) == [0, 1]
    assert len(token) >= 27


async def test_without_later_messages_it_stays_as_it_was(cast: Cast, shares: ShareStore) -> None:
    made = await tree(cast)
    await show(cast, made, 2)
    token = await shared(cast, shares, made)
    await show(cast, made, 3)
    assert await read(shares, made, token) == [0, 2]


async def test_with_later_messages_it_goes_as_far_as_its_branch(cast: Cast, shares: ShareStore) -> None:
    made = await tree(cast)
    await show(cast, made, 2)
    token = await shared(cast, shares, made, with_later=True)
    await show(cast, made, 3)
    assert await read(shares, made, token) == [0, 2, 3]
    await show(cast, made, 1)
    assert await read(shares, made, token) == [0, 2]


async def test_nothing_beside_the_branch_can_be_reached(cast: Cast, shares: ShareStore) -> None:
    made = await tree(cast)
    found = await shares.find(await shared(cast, shares, made))
    on, beside = UUID(made.messages[1].id), UUID(made.messages[2].id)
    found.require(on)
    with pytest.raises(NotFoundError):
        found.require(beside)
    pictures = {one.content: UUID(one.pictures[0].id) for one in made.messages if one.pictures}
    await shares.require_picture(found, pictures["First."])
    with pytest.raises(NotFoundError):
        await shares.require_picture(found, pictures["Second."])


async def test_what_is_withdrawn_is_not_there(cast: Cast, shares: ShareStore) -> None:
    made = await tree(cast)
    token = await shared(cast, shares, made)
    (share,) = await shares.listed(cast.alice)
    await shares.revoke(cast.alice, share.id)
    with pytest.raises(NotFoundError, match="withdrawn"):
        await shares.find(token)
    assert await shares.listed(cast.alice) == []
    assert not await shares.is_shared(share.id)


async def test_what_is_deleted_is_not_shared_any_more(cast: Cast, shares: ShareStore) -> None:
    made = await tree(cast)
    token = await shared(cast, shares, made)
    await cast.conversations.delete(cast.alice, UUID(made.id))
    with pytest.raises(NotFoundError):
        await shares.find(token)
    with pytest.raises(NotFoundError):
        await shared(cast, shares, made)
    assert await shares.listed(cast.alice) == []
    await Listing(cast.database).restore(cast.alice, [UUID(made.id)])
    assert (await shares.find(token)).branch


async def test_a_deleted_message_is_not_shared_until_it_is_taken_back(cast: Cast, shares: ShareStore) -> None:
    made = await tree(cast)
    token = await shared(cast, shares, made, with_later=True)
    branches = Branches(cast.database, renderer_version=1)
    question, answer, *_ = [UUID(one.id) for one in made.messages]
    pictures = [UUID(one.id) for message in made.messages[:2] for one in message.pictures]
    await branches.delete(cast.alice, answer, with_branch=False)
    found = await shares.find(token)
    assert found.branch == (question,)
    with pytest.raises(NotFoundError):
        await shares.require_picture(found, pictures[0])
    await branches.restore(cast.alice, answer)
    assert (await shares.find(token)).branch == (question, answer)


async def test_nobody_shares_or_withdraws_what_is_another_s(cast: Cast, shares: ShareStore) -> None:
    made = await tree(cast)
    await shared(cast, shares, made)
    with pytest.raises(NotFoundError):
        await shares.add(cast.bob, UUID(made.id), with_later=True, is_live=True)
    assert await shares.listed(cast.bob) == []
    (share,) = await shares.listed(cast.alice)
    with pytest.raises(NotFoundError):
        await shares.revoke(cast.bob, share.id)
    assert await shares.is_shared(share.id)


async def test_an_empty_conversation_has_nothing_to_share(cast: Cast, shares: ShareStore) -> None:
    empty = await cast.conversations.add(cast.alice, "m")
    with pytest.raises(InvalidError):
        await shares.add(cast.alice, empty.id, with_later=True, is_live=True)


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --", "\x00", "ü" * 500])
async def test_a_token_that_was_never_given_opens_nothing(cast: Cast, shares: ShareStore, token: str) -> None:
    await shared(cast, shares, await tree(cast))
    with pytest.raises(NotFoundError):
        await shares.find(token)


class TestWatching:
    @pytest.fixture
    def watchers(self, shares: ShareStore) -> Watchers:
        return Watchers(shares, look_interval=0.01)

    async def test_a_silent_stream_ends_when_it_is_shared_no_more(
        self, cast: Cast, shares: ShareStore, watchers: Watchers
    ) -> None:
        await shared(cast, shares, await tree(cast))
        (share,) = await shares.listed(cast.alice)
        has_ended = asyncio.Event()

        async def silent() -> AsyncGenerator[str, None]:
            try:
                yield "first"
                await asyncio.Event().wait()
            finally:
                has_ended.set()

        stream = watchers.while_shared(share.id, silent(), "withdrawn")
        assert await anext(stream) == "first"
        await shares.revoke(cast.alice, share.id)
        async with asyncio.timeout(30):
            assert [piece async for piece in stream] == ["withdrawn"]
            await has_ended.wait()

    async def test_a_stream_that_ends_ends(self, cast: Cast, shares: ShareStore, watchers: Watchers) -> None:
        await shared(cast, shares, await tree(cast))
        (share,) = await shares.listed(cast.alice)

        async def short() -> AsyncGenerator[str, None]:
            yield "first"
            yield "last"

        assert [piece async for piece in watchers.while_shared(share.id, short(), "no")] == ["first", "last"]

    async def test_a_reader_who_leaves_ends_what_they_read(
        self, cast: Cast, shares: ShareStore, watchers: Watchers
    ) -> None:
        await shared(cast, shares, await tree(cast))
        (share,) = await shares.listed(cast.alice)
        has_ended = asyncio.Event()

        async def endless() -> AsyncGenerator[str, None]:
            try:
                while True:
                    yield "more"
            finally:
                has_ended.set()

        stream = watchers.while_shared(share.id, endless(), "no")
        assert await anext(stream) == "more"
        await stream.aclose()
        async with asyncio.timeout(30):
            await has_ended.wait()
