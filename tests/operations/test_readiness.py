"""Ready or not: what the database, its tables and the state of the process mean for it, and who is told why."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from tests.fakes.database import migrated_file, open_database
from tests.fakes.sqlite_trouble import forbid_writing, locked
from webapp.db.address import Address, PostgresServer, SqliteFile
from webapp.db.migrate import revisions
from webapp.db.outages import DAMAGED, LOCKED
from webapp.operations.checks import Finding, Level, look_at
from webapp.operations.readiness import PATIENCE, DatabaseCheck, MigrationsCheck, Readiness
from webapp.operations.store import DatabaseFacts


async def rest() -> None:
    """What is under way in the background goes on to its next wait."""
    for _ in range(20):
        await asyncio.sleep(0)


class Fixed:
    def __init__(self, level: Level, *, is_required: bool = True) -> None:
        self.name, self.title, self.is_required, self.needs_database = "fixed", "Fixed", is_required, False
        self._level = level

    async def look(self) -> Finding:
        return Finding(self._level, "As it was made.")


class Silent(Fixed):
    async def look(self) -> Finding:
        await asyncio.Event().wait()
        raise AssertionError


async def is_ready(*checks: Fixed, is_draining: bool = False) -> bool:
    return (await Readiness(checks, lambda: is_draining).report(detailed=True)).is_ready


async def test_ready_is_who_has_all_that_is_required() -> None:
    assert await is_ready(Fixed(Level.GOOD), Fixed(Level.FAIR))
    assert not await is_ready(Fixed(Level.GOOD), Fixed(Level.BAD))


async def test_what_is_not_required_is_reported_and_no_more() -> None:
    readiness = Readiness([Fixed(Level.BAD, is_required=False)], lambda: False)
    await readiness.report(detailed=True)
    await rest()
    report = await readiness.report(detailed=True)
    assert (report.is_ready, [one.finding.level for one in report.checks]) == (True, [Level.BAD])
    assert (await readiness.report()).checks == ()


async def test_what_is_not_required_is_not_waited_for() -> None:
    readiness = Readiness([Fixed(Level.GOOD), Silent(Level.BAD, is_required=False)], lambda: False)
    async with readiness.running(), asyncio.timeout(PATIENCE / 2):
        report = await readiness.report(detailed=True)
    assert (report.is_ready, [one.finding.level for one in report.checks]) == (True, [Level.GOOD, Level.FAIR])


async def test_a_process_that_goes_down_is_not_ready() -> None:
    assert not await is_ready(Fixed(Level.GOOD), is_draining=True)


async def test_a_database_with_this_version_s_tables_is_good(address: Address) -> None:
    async with open_database(address) as database:
        facts = DatabaseFacts(database)
        found = await look_at([DatabaseCheck(facts), MigrationsCheck(facts, revisions()[-1])])
        assert Level.BAD not in [one.finding.level for one in found]
        assert await facts.size() > 10_000
        assert abs(datetime.now(UTC) - await facts.now()) < timedelta(seconds=60)
        assert facts.is_shared is isinstance(address, PostgresServer)


async def test_a_database_that_cannot_be_written_is_told_and_pages_are_still_served(tmp_path: Path) -> None:
    async with open_database(migrated_file(tmp_path / "test.db")) as database:
        check = DatabaseCheck(DatabaseFacts(database))
        await forbid_writing(database)
        found = await check.look()
        assert (found.level, found.says) == (Level.FAIR, "The database can only be read: nothing can be sent or saved.")
        assert found.remedy
        assert (await Readiness([check], lambda: False).report()).is_ready


async def test_another_program_s_lock_is_told_within_the_patience_of_a_platform(tmp_path: Path) -> None:
    async with open_database(migrated_file(tmp_path / "test.db")) as database:
        check = DatabaseCheck(DatabaseFacts(database))
        await check.look()
        async with locked(tmp_path / "test.db"):
            database.outages.begun(LOCKED, "as somebody has found")
            (found,) = await look_at([check], PATIENCE)
            assert (found.finding.level, "locked" in found.finding.says) == (Level.FAIR, True)


async def test_a_damage_that_was_seen_is_told_as_long_as_the_process_lives(tmp_path: Path) -> None:
    async with open_database(migrated_file(tmp_path / "test.db")) as database:
        database.outages.begun(DAMAGED, "malformed")
        found = await DatabaseCheck(DatabaseFacts(database)).look()
        assert (found.level, "damaged" in found.says) == (Level.FAIR, True)


@pytest.mark.parametrize(("revision", "level"), [("0000", Level.BAD), ("9999", Level.FAIR)])
async def test_tables_of_another_version_are_told(tmp_path: Path, revision: str, level: Level) -> None:
    async with open_database(migrated_file(tmp_path / "test.db")) as database:
        async with database.write() as session:
            await session.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": revision})
        assert (await MigrationsCheck(DatabaseFacts(database), revisions()[-1]).look()).level is level


async def test_a_database_that_is_not_there_is_bad(tmp_path: Path) -> None:
    (tmp_path / "test.db").write_text("A letter to my aunt. " * 100)
    async with open_database(SqliteFile(tmp_path / "test.db")) as database:
        (found,) = await look_at([DatabaseCheck(DatabaseFacts(database))])
        assert found.finding.level is Level.BAD


async def test_a_server_that_is_away_is_bad_and_nobody_waits_for_it() -> None:
    async with open_database(PostgresServer("127.0.0.1", "nowhere", port=1)) as database:
        facts = DatabaseFacts(database)
        found = await look_at([DatabaseCheck(facts), MigrationsCheck(facts, revisions()[-1])], patience=0.2)
        assert [one.finding.level for one in found] == [Level.BAD, Level.BAD]


async def test_the_operator_is_told_why(client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    told = answer.json()
    assert told["status"] == "ready"
    assert [name for name, line in told["checks"].items() if line["required"]] == ["database", "migrations"]
    assert {"upstream", "disk", "backup"} <= set(told["checks"])
    assert all(line["level"] != "bad" for line in told["checks"].values() if line["required"]), told


@pytest.mark.parametrize("headers", [{"x-forwarded-for": "192.0.2.1"}, {"host": "chat.example.org"}])
async def test_a_stranger_is_told_whether_and_no_more(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.get("/readyz", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_a_head_is_answered(client: httpx.AsyncClient) -> None:
    assert [(await client.head(path)).status_code for path in ("/healthz", "/readyz")] == [200, 200]
