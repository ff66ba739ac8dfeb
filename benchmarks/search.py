"""Search in 100,000 messages, on both kinds of database: what a page asks as somebody types."""

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import insert

from benchmarks.bench import Bench, Server
from benchmarks.history import DEFAULTS, conversation_row
from benchmarks.load import percentile
from benchmarks.pages import fetch
from benchmarks.several import measured_database
from benchmarks.table import Row, at_most
from tests.fakes import services
from tests.fakes.postgres import url_of
from webapp.accounts.store import Users
from webapp.db.address import Address, SqliteFile
from webapp.db.engine import Database, open_database
from webapp.db.migrate import upgrade
from webapp.db.tables import Conversation, Message
from webapp.db.types import new_id
from webapp.search.store import SearchStore

MESSAGES: Final = 100_000
IN_ONE: Final = 10  # messages of a conversation
VISITS: Final = 5  # of each query
BUDGET: Final = 30.0  # milliseconds

_VOCABULARY: Final = 20_000
_LETTERS: Final = "etaoinshrdlu"


def measure_search(bench: Bench) -> list[Row]:
    """From the request for what was found to the last byte of it, one request after the other."""
    words = _words(random.Random(1))
    rows = []
    with bench.upstream() as upstream, _databases(bench) as databases:
        for name, address, settings in databases:
            began = time.perf_counter()
            asyncio.run(_write(address, words))
            rows.append(Row(f"putting {MESSAGES:,} messages into the index, {name}", "s", time.perf_counter() - began))
            with bench.app(upstream, f"search-{name}", **settings) as app:
                rows += _rows(app, words, name)
    return rows


def _rows(app: Server, words: list[str], name: str) -> list[Row]:
    times = []
    for query in _queries(words):
        path = f"/search?q={quote(query)}"
        fetch(app.port, path, fragment=True)
        for _ in range(VISITS):
            began = time.perf_counter()
            fetch(app.port, path, fragment=True)
            times.append((time.perf_counter() - began) * 1000)
    times.sort()
    title = f"search in {MESSAGES:,} messages, {name}"
    return [
        Row(f"{title}: p50", "ms", percentile(times, 0.5)),
        at_most(f"{title}: p95", "ms", percentile(times, 0.95), BUDGET),
    ]


def _queries(words: list[str]) -> list[str]:
    """Frequent and rare words, whole and half typed, together, side by side and left out."""
    single = [f"{words[rank]} " for rank in (0, 5, 100, 1_000, 15_000)]
    typed = [words[rank][:size] for rank in (0, 50, 500) for size in (2, 3, 5)]
    several = [
        f"{words[3]} {words[40]} ",
        f"{words[300]} {words[800]} ",
        f'"{words[0]} {words[1]}"',
        f'"{words[500]} {words[0]}"',
        f"{words[50]} -{words[0]} ",
        "nothing of this kind ",
    ]
    return single + typed + several


def _words(chance: random.Random) -> list[str]:
    """Words that nobody speaks, the most frequent first."""
    return ["".join(chance.choices(_LETTERS, k=chance.randint(2, 9))) for _ in range(_VOCABULARY)]


@contextmanager
def _databases(bench: Bench) -> Iterator[list[tuple[str, Address, dict[str, str]]]]:
    folder = bench.folder / "search-SQLite"
    folder.mkdir()
    with services.postgres() as server:
        if server is None:
            raise RuntimeError("Postgres is needed: see CONTRIBUTING.md for where it is looked for.")
        with measured_database(server) as database:
            yield [
                ("SQLite", SqliteFile(folder / "open-chat.db"), {}),
                ("Postgres", database, {"DATABASE_URL": url_of(database)}),
            ]


async def _write(address: Address, words: list[str]) -> None:
    """Makes the database: conversations over half a year, and all that there is in the index."""
    await asyncio.to_thread(upgrade, address)
    database = open_database(address)
    owner, chance = (await Users(database).local()).id, random.Random(2)
    for first in range(0, MESSAGES // IN_ONE, 100):
        await _add(database, owner, [_conversation(owner, place, words, chance) for place in range(first, first + 100)])
    while await SearchStore(database).index_some(200):
        pass
    await database.close()


async def _add(database: Database, owner: UUID, rows: list[tuple[dict[str, object], list[dict[str, object]]]]) -> None:
    async with database.write(owner) as session:
        connection = await session.connection()
        await connection.execute(insert(Conversation), [conversation for conversation, _ in rows])
        await connection.execute(insert(Message), [message for _, messages in rows for message in messages])


def _conversation(
    owner: UUID, place: int, words: list[str], chance: random.Random
) -> tuple[dict[str, object], list[dict[str, object]]]:
    used = datetime.now(UTC) - timedelta(minutes=26 * (MESSAGES // IN_ONE - place))
    row = conversation_row(owner, place) | {"title": _text(words, chance, 5), "created_at": used, "updated_at": used}
    messages = [
        {
            "id": new_id(),
            "conversation_id": row["id"],
            "owner_id": owner,
            "role": "assistant" if number % 2 else "user",
            "content": _text(words, chance, 150 if number % 2 else 20),
            "status": "complete",
            "created_at": used + timedelta(seconds=number),
            **DEFAULTS,
        }
        for number in range(IN_ONE)
    ]
    return row, messages


def _text(words: list[str], chance: random.Random, length: int) -> str:
    """Words as often as in a language: the second half as often as the first, and so on."""
    return " ".join(words[int(len(words) ** chance.random()) - 1] for _ in range(length))
