"""What a user may have here, in words, and the figure that is kept of it, by itself and by a full count."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import delete, select, text, update

from tests.fakes.apart import apart
from tests.fakes.database import on, open_database
from tests.fakes.documents import NOW
from tests.fakes.household import move_in, move_out
from webapp.accounts.storage import NoRoomError, Used, no_room, size
from webapp.accounts.storage_store import MANY, ROW, Quota, Storage
from webapp.conversations.messages import Receipt, Rendering, Status
from webapp.conversations.replies_store import Ending, NewRendering, Progress, ReplyStore
from webapp.conversations.store import Conversations
from webapp.conversations.tree_store import Branches
from webapp.db.address import Address, PostgresServer
from webapp.db.engine import Database
from webapp.db.tables import Attachment, Conversation, Import, ImportItem, ImportPiece, Message, Persona, Prompt, User
from webapp.db.types import new_id
from webapp.library.prompts import Prompt as PromptValue
from webapp.library.store import Library

TEXTS: dict[Any, tuple[str, ...]] = {
    Conversation: ("title", "system_prompt", "parameters", "origins"),
    Message: (
        *("content", "reasoning", "html", "reasoning_html"),
        *("citations", "sent", "error_message", "feedback_note"),
    ),
    ImportItem: ("title", "remark", "document"),
    ImportPiece: ("data",),
    Prompt: ("name", "text"),
    Persona: ("name", "system_prompt", "parameters"),
}


class House(NamedTuple):
    database: Database
    storage: Storage
    alice: UUID


@pytest.fixture
async def house(address: Address) -> AsyncIterator[House]:
    async with open_database(address) as database:
        alice = new_id()
        async with database.write() as session:
            session.add(User(id=alice, name="alice", created_at=NOW))
        yield House(database, Storage(database), alice)


def octets(value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, bytes):
        return len(value)
    return len((value if isinstance(value, str) else json.dumps(value)).encode())


async def counted(database: Database, owner: UUID) -> int:
    """Counted here, row by row, and by nothing that the app has of its own for it."""
    total = 0
    async with database.read() as session:
        for table, columns in TEXTS.items():
            query = select(table)
            if table is ImportItem:
                query = query.join(Import, Import.id == ImportItem.import_id).where(Import.user_id == owner)
            else:
                query = query.where(table.owner_id == owner)
            for row in await session.scalars(query):
                if getattr(row, "status", "") != "streaming":
                    total += ROW + sum(octets(getattr(row, name)) for name in columns)
        pictures = select(Attachment.size).join(Message, Message.id == Attachment.message_id)
        for picture in await session.scalars(pictures.where(Message.owner_id == owner)):
            total += ROW + picture
    return total


async def answered(house: House, question: str, answer: str, quota: Quota | None = None) -> UUID:
    conversations = Conversations(house.database, max_live=9, renderer_version=1, quota=quota or Quota())
    exchange = await conversations.add_exchange(house.alice, None, question, "m", "")
    await end(house.database, exchange.answer.id, answer)
    return exchange.answer.id


async def end(database: Database, answer: UUID, said: str) -> None:
    progress = Progress(answer, said, "", (), 0)
    ending = Ending(progress, Status.COMPLETE, Receipt(), Rendering(f"<p>{said}</p>", ""), 1)
    await ReplyStore(database).end(ending, NOW)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 kB"),
        (1, "1 kB"),
        (340_000, "340 kB"),
        (999_400, "1 MB"),
        (1_000_000, "1 MB"),
        (12_500_000, "12.5 MB"),
        (999_600_000, "1 GB"),
        (2_000_000_000, "2 GB"),
        (5_432_100_000_000, "5,432 GB"),
    ],
)
def test_bytes_are_told_as_people_read_them(count: int, words: str) -> None:
    assert size(count) == words


@given(st.integers(0, 10**14))
def test_no_size_is_told_as_less_than_nothing_or_by_a_thousand_of_a_smaller_unit(count: int) -> None:
    number, unit = size(count).replace(",", "").split()
    assert float(number) * {"kB": 1e3, "MB": 1e6, "GB": 1e9}[unit] == pytest.approx(count, rel=0.006, abs=1000)
    assert unit == "GB" or float(number) <= 1000


def test_a_refusal_says_what_is_used_what_is_allowed_and_what_to_do() -> None:
    told = no_room(1_900_000_000, 2_000_000_000, 300_000_000)
    assert "you use 1.9 GB of 2 GB, and this takes 300 MB" in told
    assert "delete them for good" in told
    assert "MAX_BYTES_PER_USER" in told
    assert NoRoomError(told).status == 413


async def test_every_kind_is_counted_as_it_comes_and_goes(address: Address) -> None:
    rows = await on(address, move_in)
    owner = rows["users"][0]["id"]
    async with open_database(address) as database:
        storage = Storage(database)
        used = await storage.used(owner)
        assert set(used.by_kind) == {"conversations", "pictures", "imports", "library"}
        assert min(used.by_kind.values()) > ROW
        assert used.deleted > 2 * ROW  # a conversation, and a message
        assert used.total == await counted_in(database, owner)
        assert await storage.recount(owner) == 0
        assert await storage.used_by([owner, new_id()]) == {owner: used.total}
        assert await storage.of_all() == used.total
    await on(address, move_out)
    async with open_database(address) as database:
        assert await Storage(database).of_all() == 0


async def counted_in(database: Database, owner: UUID) -> int:
    """The same; what is awkward about the household's characters takes a byte more on Postgres."""
    total = await counted(database, owner)
    found = (await Storage(database).used(owner)).total
    assert abs(found - total) < 2_000
    return found


async def test_what_is_deleted_with_its_conversation_or_by_itself_is_told_once(house: House) -> None:
    conversations = Conversations(house.database, max_live=9, renderer_version=1)
    branches = Branches(house.database, renderer_version=1)
    first, second = await answered(house, "Go", "x" * 10_000), await answered(house, "Go", "y" * 20_000)
    await answered(house, "Stay", "z" * 40_000)
    await branches.delete(house.alice, first, with_branch=False)
    await branches.delete(house.alice, second, with_branch=False)
    async with house.database.write() as session:
        for one in (first, second):
            data = b"x" * 1_000
            session.add(Attachment(message_id=one, media_type="image/png", created_at=NOW, size=1_000, data=data))
        place = (await session.scalars(select(Message.conversation_id).where(Message.id == second))).one()
    await conversations.delete(house.alice, place)
    used = await Storage(house.database).used(house.alice)
    assert 2 * 30_000 + 2_000 < used.deleted < 2 * 30_000 + 10_000  # with their HTML


async def test_a_user_who_goes_leaves_nothing_behind(house: House) -> None:
    await answered(house, "Hello?", "Hi.")
    await Library(house.database).add_prompt(house.alice, "A", "prompt")
    assert await house.storage.of_all() > 0
    async with house.database.write() as session:
        await session.execute(delete(User).where(User.id == house.alice))
    assert await house.storage.of_all() == 0


async def test_an_answer_counts_when_it_has_ended_and_not_while_it_grows(house: House) -> None:
    conversations = Conversations(house.database, max_live=9, renderer_version=1)
    exchange = await conversations.add_exchange(house.alice, None, "Go", "m", "")
    before = await house.storage.of_all()
    await ReplyStore(house.database).checkpoint([Progress(exchange.answer.id, "x" * 5_000, "", ())], {})
    assert await house.storage.of_all() == before
    await end(house.database, exchange.answer.id, "x" * 9_000)
    assert await house.storage.of_all() > before + 18_000  # with its HTML
    assert await house.storage.recount(house.alice) == 0


async def test_renderings_and_pictures_that_are_changed_later_are_counted_anew(house: House) -> None:
    answer = await answered(house, "Go", "Gone")
    made = NewRendering(answer, 0, Rendering("<p>" + "x" * 3_000, ""))
    await ReplyStore(house.database).save_renderings([made], 2)
    async with house.database.write() as session:
        data = b"x" * 4_000
        session.add(Attachment(message_id=answer, media_type="image/png", created_at=NOW, size=len(data), data=data))
    used = await house.storage.used(house.alice)
    assert used.by_kind["pictures"] == 4_000 + ROW
    async with house.database.write() as session:
        await session.execute(update(Attachment).values(size=1_000, data=b"x" * 1_000))
    assert (await house.storage.used(house.alice)).by_kind["pictures"] == 1_000 + ROW
    assert (await house.storage.used(house.alice)).total == await counted(house.database, house.alice)
    async with house.database.write() as session:
        await session.execute(delete(Attachment))
    assert (await house.storage.used(house.alice)).by_kind["pictures"] == 0


async def test_a_figure_that_is_wrong_is_put_right_by_a_full_count(house: House) -> None:
    await answered(house, "Hello?", "Hi.")
    right = await house.storage.of_all()
    async with house.database.write() as session:
        await session.execute(text("UPDATE storage SET bytes = bytes + 1000"))
    assert await house.storage.recount(house.alice) >= 1_000
    assert await house.storage.of_all() == right
    assert await house.storage.recount(house.alice) == 0
    async with house.database.write() as session:
        await session.execute(text("DELETE FROM storage"))
    assert await house.storage.recount(house.alice) == right
    assert await house.storage.of_all() == right


async def test_many_changes_are_summed_up_and_the_sum_stays(house: House, address: Address) -> None:
    for number in range(MANY):
        await Library(house.database).add_prompt(house.alice, f"{number}", "text")
    before = await house.storage.of_all()
    await house.storage.fold()
    async with house.database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM storage")) <= MANY
    assert await house.storage.of_all() == before


async def test_what_is_added_while_it_is_summed_up_is_neither_lost_nor_counted_twice(house: House) -> None:
    library, made = Library(house.database), 3 * MANY

    async def adding(worker: int) -> None:
        for number in range(made // 3):
            await library.add_prompt(house.alice, f"{worker} {number}", "text")

    async def folding() -> None:
        for _ in range(10):
            await house.storage.fold()
            await house.storage.recount(house.alice)

    await asyncio.gather(*map(adding, range(3)), folding())
    assert await house.storage.of_all() == await counted(house.database, house.alice)


async def test_whoever_is_full_sends_nothing_and_what_grows_is_kept_whole(house: House) -> None:
    quota = Quota(10_000)
    conversations = Conversations(house.database, max_live=9, renderer_version=1, quota=quota)
    exchange = await conversations.add_exchange(house.alice, None, "Go", "m", "")
    await end(house.database, exchange.answer.id, "x" * 50_000)
    assert (await conversations.find_message(house.alice, exchange.answer.id)).content == "x" * 50_000
    for attempt in (
        conversations.add_exchange(house.alice, None, "More", "m", ""),
        conversations.add_exchange(house.alice, exchange.conversation.id, "More", "m", ""),
        conversations.add_retry(house.alice, exchange.question.id, "m"),
        conversations.add_edited(house.alice, exchange.question.id, 0, "Other", "m"),
        conversations.add(house.alice, "m"),
        Branches(house.database, renderer_version=1, quota=quota).fork(house.alice, exchange.answer.id),
        Branches(house.database, renderer_version=1, quota=quota).edit(house.alice, exchange.question.id, 0, "O", None),
        Library(house.database, quota).add_prompt(house.alice, "a", "b"),
    ):
        with pytest.raises(NoRoomError, match="10 kB"):
            await attempt
    assert (await house.storage.used(house.alice)).total == await counted(house.database, house.alice)
    unkept = replace(exchange.answer, id=new_id())
    assert (await conversations.begin_unkept(unkept, []))[1].own_key is None  # a temporary chat keeps nothing


async def test_whoever_is_full_can_make_room(house: House) -> None:
    quota = Quota(60_000)
    answer = await answered(house, "Go", "x" * 50_000)
    prompt = await Library(house.database).add_prompt(house.alice, "a", "b" * 2_000)
    with pytest.raises(NoRoomError):
        await answered(house, "Go on", "y", quota)
    await Library(house.database).change_prompt(house.alice, PromptValue(prompt.id, "a", "b"))
    async with house.database.write() as session:
        await session.execute(delete(Message).where(Message.id == answer))
    await answered(house, "Go on", "y", quota)


async def test_of_many_forks_at_once_no_more_are_taken_than_there_is_room_for(house: House) -> None:
    answer = await answered(house, "Go", "x" * 20_000)
    one = await house.storage.of_all()
    quota = Quota(one + 3 * 23_000)
    branches = Branches(house.database, renderer_version=1, quota=quota)
    tries = [branches.fork(house.alice, answer) for _ in range(12)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    refused = [each for each in done if isinstance(each, NoRoomError)]
    assert 1 <= len(done) - len(refused) <= 3
    assert len(refused) + len([each for each in done if not isinstance(each, BaseException)]) == 12
    assert await house.storage.of_all() <= quota.most


def test_an_upgrade_counts_what_is_there(bare_of_0014: Address) -> None:
    from webapp.db.migrate import upgrade

    rows = apart(on(bare_of_0014, move_in))
    upgrade(bare_of_0014)

    async def recounted() -> tuple[int, int]:
        async with open_database(bare_of_0014) as database:
            storage = Storage(database)
            return await storage.of_all(), await storage.recount(rows["users"][0]["id"])

    total, wrong = apart(recounted())
    assert total > 1_000_000
    assert wrong == 0


@pytest.fixture(params=["sqlite", "postgres"])
def bare_of_0014(request: pytest.FixtureRequest, tmp_path: Any) -> Address:
    from tests.fakes.postgres import without_tables
    from webapp.db.address import SqliteFile
    from webapp.db.migrate import apply_migrations

    address: Address
    if request.param == "sqlite":
        address = SqliteFile(tmp_path / "old.db")
    else:
        postgres: PostgresServer = request.getfixturevalue("bare_postgres")
        address = without_tables(postgres)
    apart(on(address, lambda connection: apply_migrations(connection, "0014")))
    return address


def test_what_there_is_of_one_who_has_nothing_is_nothing() -> None:
    assert Used().total == 0
    assert Used(most=2_000_000_000).words == "0 kB of 2 GB"
