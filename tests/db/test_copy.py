"""Moving house: everything arrives, in either direction, or nothing does and a line says why."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.fakes.apart import apart
from tests.fakes.database import migrated_file, on, open_database
from tests.fakes.household import household, left_of, move_in, move_out
from tests.fakes.postgres import run, url_of, without_rows, without_tables
from webapp.accounts.storage_store import Storage
from webapp.cli import main
from webapp.db.address import Address, PostgresServer, SqliteFile
from webapp.db.copy import CopyError, Step, copy
from webapp.db.lock import sole_process
from webapp.db.migrate import apply_migrations
from webapp.db.tables import Base


@pytest.fixture
def file(tmp_path: Path) -> SqliteFile:
    return migrated_file(tmp_path / "file.db")


@pytest.fixture
def server(postgres: PostgresServer) -> PostgresServer:
    return without_rows(postgres)


def url(address: Address) -> str:
    if isinstance(address, SqliteFile):
        return f"sqlite:///{address}"
    return url_of(address)


def silent(_step: Step) -> None:
    """For those who do not look."""


def number_of_rows(connection: Connection) -> int:
    return sum(len(connection.execute(table.select()).all()) for table in Base.metadata.sorted_tables)


async def test_everything_comes_back_from_the_journey_as_it_was(
    file: SqliteFile, server: PostgresServer, tmp_path: Path
) -> None:
    rows, back = await on(file, move_in), migrated_file(tmp_path / "back.db")
    count = sum(map(len, rows.values()))
    assert await copy(file, server, silent) == count
    assert await on(server, lambda connection: left_of(connection, rows)) == rows
    assert await copy(server, back, silent) == count
    assert await on(back, lambda connection: left_of(connection, rows)) == rows


async def test_how_much_everybody_has_is_counted_where_it_arrives(file: SqliteFile, server: PostgresServer) -> None:
    owner = (await on(file, move_in))["users"][0]["id"]
    await copy(file, server, silent)
    async with open_database(server) as database:
        assert await Storage(database).of_all() > 1_000_000
        assert await Storage(database).recount(owner) == 0


def test_every_column_is_part_of_the_journey() -> None:
    """A new column is to have a value in the rows that make it."""
    given = {name: {key for row in rows for key in row} for name, rows in household().items()}
    missing = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name not in given.get(table.name, set())
    }
    assert missing == set()


async def test_a_full_house_goes_in_batches_and_is_compared(file: SqliteFile, server: PostgresServer) -> None:
    await on(file, many_models)
    steps: list[Step] = []
    await copy(file, server, steps.append)
    of_models = [(step.done, step.total, step.is_comparing) for step in steps if step.table == "models"]
    done = [100, 200, 250]
    assert of_models == [(one, 250, False) for one in done] + [(one, 250, True) for one in done]


def many_models(connection: Connection) -> None:
    table = Base.metadata.tables["models"]
    words = ("canonical_slug", "name", "description")
    lists = ("input_modalities", "output_modalities", "supported_parameters")
    usual: dict[str, Any] = dict.fromkeys(words, "") | {key: [] for key in lists}
    rows = [{"id": f"m/{place}", "position": place, **usual} for place in range(250)]
    statement = table.insert().values(fetched_at=text("'2026-11-01 00:00:00.000000'"))
    connection.execute(statement, rows)


async def test_a_house_that_is_lived_in_is_left_alone(file: SqliteFile, server: PostgresServer) -> None:
    await on(file, move_in)
    run(server, "INSERT INTO users VALUES (gen_random_uuid(), 'bob', now())")
    with pytest.raises(CopyError, match="is not empty: there are rows in users"):
        await copy(file, server, silent)
    assert await on(server, number_of_rows) == 1


async def test_a_row_that_comes_out_another_takes_everything_back(file: SqliteFile, server: PostgresServer) -> None:
    await on(file, move_in)
    run(
        server,
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title = 'x'; RETURN NEW; END $$;"
        "CREATE TRIGGER spoiler BEFORE INSERT ON conversations FOR EACH ROW EXECUTE FUNCTION spoil()",
    )
    try:
        with pytest.raises(CopyError, match="A row of conversations came out another: "):
            await copy(file, server, silent)
    finally:
        run(server, "DROP FUNCTION spoil CASCADE")
    assert await on(server, number_of_rows) == 0


async def test_a_row_that_is_lost_takes_everything_back(file: SqliteFile, server: PostgresServer) -> None:
    await on(file, move_in)
    run(
        server,
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER loser BEFORE INSERT ON attachments FOR EACH ROW EXECUTE FUNCTION lose()",
    )
    try:
        with pytest.raises(CopyError, match="A row of attachments came out another: "):
            await copy(file, server, silent)
    finally:
        run(server, "DROP FUNCTION lose CASCADE")
    assert await on(server, number_of_rows) == 0


async def test_what_the_target_refuses_is_one_line(file: SqliteFile, server: PostgresServer) -> None:
    await on(file, move_in)
    run(server, "ALTER TABLE users ADD CONSTRAINT short CHECK (length(name) < 3)")
    try:
        with pytest.raises(CopyError, match=r'Nothing was copied from .*: .*constraint "short"') as caught:
            await copy(file, server, silent)
    finally:
        run(server, "ALTER TABLE users DROP CONSTRAINT short")
    assert "\n" not in str(caught.value)
    assert await on(server, number_of_rows) == 0


async def test_both_have_the_tables_of_this_version(
    file: SqliteFile, bare_postgres: PostgresServer, tmp_path: Path
) -> None:
    with pytest.raises(CopyError, match=r"There is no database .*nowhere.db"):
        await copy(SqliteFile(tmp_path / "nowhere.db"), file, silent)
    assert not (tmp_path / "nowhere.db").exists()
    old = without_tables(bare_postgres)
    await on(old, lambda connection: apply_migrations(connection, "0001"))
    with pytest.raises(CopyError, match="does not have the tables of this version"):
        await copy(old, file, silent)


class TestAsAVerb:
    def test_it_says_what_it_did(
        self,
        file: SqliteFile,
        server: PostgresServer,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        rows = apart(on(file, move_in))
        monkeypatch.setenv("DATABASE_URL", url(server))
        assert main(["db", "copy", url(file), "DATABASE_URL"]) == 0
        said = capsys.readouterr()
        assert said.out.startswith(f"Copied {sum(map(len, rows.values()))} rows from {file} to {server}; ")
        assert "copied 4 of 4 rows of messages" in said.err.splitlines()
        assert "compared 4 of 4 rows of messages" in said.err.splitlines()
        apart(on(file, move_out))
        assert main(["db", "copy", url(server), url(file)]) == 0
        assert apart(on(file, lambda connection: left_of(connection, rows))) == rows

    def test_a_running_app_is_not_copied_from_under(
        self, file: SqliteFile, server: PostgresServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with sole_process(file.path):
            assert main(["db", "copy", url(file), url(server)]) == 1
        assert "already runs on" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("source", "target", "line"),
        [
            ("mysql://db/chat", "sqlite:///x.db", "FROM takes sqlite:///"),
            ("sqlite:///x.db", "postgres://db/chat?x=1", "TO has the parameter 'x'"),
            ("sqlite:///nowhere/x.db", "sqlite:///y.db", "There is no database nowhere/x.db."),
        ],
    )
    def test_what_cannot_be_done_is_one_line(
        self,
        source: str,
        target: str,
        line: str,
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert main(["db", "copy", source, target]) == 1
        said = capsys.readouterr().err
        assert said.startswith(line)
        assert said.count("\n") == 1
