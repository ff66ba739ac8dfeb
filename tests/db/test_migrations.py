"""Migrations make the tables that the code expects, once, with all that was there, and refuse what they do not know."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from msgspec.structs import replace
from sqlalchemy import Connection, select, text

from tests.fakes.apart import apart
from tests.fakes.database import on
from tests.fakes.household import add, left_of, move_in, move_out
from tests.fakes.postgres import run, url_of, without_tables
from tests.test_cli import run as python_m_webapp
from webapp.db.address import Address, PostgresServer, SqliteFile
from webapp.db.lock import DatabaseInUseError, sole_process
from webapp.db.migrate import MIGRATIONS, MigrationError, apply_migrations, current_revision, revisions, upgrade
from webapp.db.migrate_postgres import upgrade_server
from webapp.db.postgres import connect
from webapp.db.tables import Base, Spending


def revision(address: Address) -> str | None:
    return apart(current_revision(address))


def test_migrations_from_nothing_make_the_tables_of_the_code(bare: Address) -> None:
    assert upgrade(bare)
    assert apart(on(bare, differences)) == []


def differences(connection: Connection) -> list[Any]:
    """Without what triggers make of the rest: Postgres and SQLite have tables of their own kinds for it."""
    opts = {
        "compare_type": True,
        "render_as_batch": True,
        "include_name": lambda name, kind, parents: kind != "table" or not name.startswith(("search_", "storage")),
    }
    context = MigrationContext.configure(connection, opts=opts)
    return list(compare_metadata(context, Base.metadata))


# Each kind of database with the revisions that one of it can have: before 0004 there was no Postgres.
FIRST = {"sqlite": "0001", "postgres": "0004"}
LIVED = [(kind, one) for kind, first in FIRST.items() for one in revisions() if one >= first]


@pytest.mark.parametrize(("bare", "earlier"), LIVED, indirect=["bare"])
def test_a_database_of_every_earlier_version_is_brought_here_with_all_that_it_holds(
    bare: Address, earlier: str
) -> None:
    if isinstance(bare, SqliteFile):
        bare.path.parent.mkdir()
    apart(on(bare, lambda connection: apply_migrations(connection, earlier)))
    rows = apart(on(bare, move_in))
    assert upgrade(bare) is (earlier != revisions()[-1])
    assert apart(on(bare, lambda connection: left_of(connection, rows))) == rows
    assert apart(on(bare, differences)) == []


@pytest.mark.parametrize("bare", ["sqlite", "postgres"], indirect=True)
def test_what_was_spent_before_there_were_accounts_is_counted(bare: Address) -> None:
    if isinstance(bare, SqliteFile):
        bare.path.parent.mkdir()
    apart(on(bare, lambda connection: apply_migrations(connection, "0004")))
    rows = apart(on(bare, move_in))
    upgrade(bare)
    spent = apart(on(bare, lambda connection: list(connection.execute(select(Spending.__table__)).mappings())))
    answer = next(row for row in rows["messages"] if row.get("finished_at"))
    assert [dict(row) | {"id": None} for row in spent] == [
        {
            "id": None,
            "user_id": answer["owner_id"],
            "day": "2026-11-01",
            "answers": 1,
            "own_cost": Decimal(0),
            **{name: answer[name] for name in ("model", "prompt_tokens", "completion_tokens", "cost")},
        }
    ]


@pytest.mark.parametrize(("bare", "before"), [one for one in LIVED if one[1] == revisions()[-2]], indirect=["bare"])
def test_the_code_before_the_last_migration_goes_on_working_after_it(bare: Address, before: str) -> None:
    """It adds rows with the columns that it knows of."""
    if isinstance(bare, SqliteFile):
        bare.path.parent.mkdir()
    apart(on(bare, lambda connection: apply_migrations(connection, before)))
    rows = apart(on(bare, move_in))
    upgrade(bare)
    apart(on(bare, move_out))
    apart(on(bare, lambda connection: add(connection, rows)))
    assert apart(on(bare, lambda connection: left_of(connection, rows))) == rows


def test_a_second_upgrade_has_nothing_to_do(bare: Address) -> None:
    assert upgrade(bare)
    assert not upgrade(bare)
    assert revision(bare) == revisions()[-1]


def test_a_database_of_a_newer_version_is_refused(bare: Address) -> None:
    upgrade(bare)
    apart(on(bare, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))))
    with pytest.raises(MigrationError, match="A newer Open Chat") as caught:
        upgrade(bare)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    path.write_text("This is a letter to my aunt, and no database at all. " * 20)
    with pytest.raises(MigrationError, match="cannot be opened"):
        upgrade(SqliteFile(path))
    assert path.read_text().startswith("This is a letter")


@pytest.mark.parametrize("is_there", [True, False])
def test_an_empty_file_in_place_of_the_database_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, is_there: bool
) -> None:
    path = tmp_path / "chat.db"
    if is_there:
        path.touch()
    assert upgrade(SqliteFile(path))
    assert ("was there and empty" in caplog.text) is is_there
    caplog.clear()
    assert not upgrade(SqliteFile(path))
    assert caplog.text == ""


def test_migrations_are_numbered_without_a_gap() -> None:
    assert revisions() == [f"{number:04}" for number in range(1, len(revisions()) + 1)]
    assert len(list((MIGRATIONS / "versions").glob("*.py"))) == len(revisions())


def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    with (
        sole_process(tmp_path / "chat.db"),
        pytest.raises(DatabaseInUseError, match="already runs"),
        sole_process(tmp_path / "chat.db"),
    ):
        pass
    with sole_process(tmp_path / "chat.db"):
        pass


class TestOnAServer:
    @pytest.fixture
    def server(self, bare_postgres: PostgresServer) -> PostgresServer:
        return without_tables(bare_postgres)

    async def test_of_many_that_start_at_once_one_makes_the_tables(self, server: PostgresServer) -> None:
        made = await asyncio.gather(*(upgrade_server(server) for _ in range(4)))
        assert sorted(made) == [False, False, False, True]

    async def test_it_makes_way_for_those_who_use_a_table_and_tries_again(self, server: PostgresServer) -> None:
        await on(server, lambda connection: apply_migrations(connection, "0002"))
        reader = await connect(server)
        reading = reader.transaction()
        await reading.start()
        await reader.fetch("SELECT * FROM messages")
        with pytest.raises(MigrationError, match=r"cannot be upgraded: .*lock timeout"):
            await upgrade_server(server, lock_timeout=0.05, pauses=[])
        upgrading = asyncio.create_task(upgrade_server(server, lock_timeout=0.05, pauses=[0.01] * 500))
        await asyncio.wait([upgrading], timeout=0.2)
        assert not upgrading.done()
        await reading.rollback()
        assert await upgrading
        await reader.close()

    def test_what_fails_leaves_the_database_as_it_was(self, server: PostgresServer) -> None:
        run(server, "CREATE TABLE conversations (id int)")  # in the way of the first migration
        with pytest.raises(MigrationError, match=r'cannot be upgraded: .*"conversations" already exists') as caught:
            upgrade(server)
        assert "\n" not in str(caught.value)
        assert revision(server) is None
        assert apart(on(server, lambda connection: connection.dialect.has_table(connection, "users"))) is False

    def test_a_newer_one_ends_the_start_with_one_line(self, server: PostgresServer) -> None:
        run(server, "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('9999')")
        done = python_m_webapp("serve", environ={"DATABASE_URL": url_of(server)})
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"A newer Open Chat made the database {server}: ")
        assert done.stderr.count("\n") == 1

    def test_a_database_that_is_not_there_is_named(self, server: PostgresServer) -> None:
        with pytest.raises(MigrationError, match=r'nowhere on .* cannot be opened: database "nowhere" does not exist'):
            upgrade(replace(server, database="nowhere"))
