"""What it costs to keep growing answers: checkpoints by themselves, on a file and on Postgres."""

import asyncio
import time
from statistics import median
from typing import Final

from benchmarks.bench import Bench
from benchmarks.several import measured_database
from benchmarks.table import Row
from tests.fakes import services
from webapp.accounts.store import Users
from webapp.conversations.replies_store import Progress, ReplyStore
from webapp.conversations.store import Conversations
from webapp.db.address import Address, SqliteFile
from webapp.db.engine import open_database
from webapp.db.migrate import upgrade
from webapp.rendering.markdown import RENDERER_VERSION

ANSWERS: Final = (10, 100)
LENGTH: Final = 4_000  # characters of an answer
ROUNDS: Final = 30


def measure_checkpoints(bench: Bench) -> list[Row]:
    """One transaction keeps the texts of so many growing answers; the app makes two a second."""
    rows = _rows("SQLite", SqliteFile(bench.folder / "checkpoints.db"))
    with services.postgres() as server:
        if server is None:
            raise RuntimeError("Postgres is needed: see CONTRIBUTING.md for where it is looked for.")
        with measured_database(server) as database:
            return rows + _rows("Postgres", database)


def _rows(name: str, address: Address) -> list[Row]:
    upgrade(address)
    rows = []
    for count, (wall, cpu) in asyncio.run(_measure(address)).items():
        what = f"checkpoint of {count} answers of {LENGTH // 1000} kB, {name}"
        rows += [Row(what, "ms", wall), Row(f"{what}: CPU of the app", "ms", cpu)]
        rows.append(Row(f"{what}: answers kept a second at most", "", round(count / wall * 1000)))
    return rows


async def _measure(address: Address) -> dict[int, tuple[float, float]]:
    """For each number of answers, the median of milliseconds by the clock and of processor time."""
    database = open_database(address)
    try:
        store, conversations = (
            ReplyStore(database),
            Conversations(database, max_live=max(ANSWERS), renderer_version=RENDERER_VERSION),
        )
        owner = (await Users(database).local()).id
        answers = [
            (await conversations.add_exchange(owner, None, "Go", "some/model", str(number))).answer
            for number in range(max(ANSWERS))
        ]
        found = {}
        for count in ANSWERS:
            times = []
            for number in range(ROUNDS):
                text = f"{number} " * (LENGTH // 2)
                changed = [Progress(answer.id, text[:LENGTH], "", (), answer.run) for answer in answers[:count]]
                wall, cpu = time.perf_counter(), time.process_time()
                await store.checkpoint(changed, {answer.id: answer.run for answer in answers[:count]})
                times.append((time.perf_counter() - wall, time.process_time() - cpu))
            found[count] = (median(wall for wall, _ in times) * 1000, median(cpu for _, cpu in times) * 1000)
        return found
    finally:
        await database.close()
