"""Migrations make the tables that the code expects, once, and refuse what they do not know."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from webapp.db.lock import DatabaseInUseError, sole_process
from webapp.db.migrate import MIGRATIONS, MigrationError, current_revision, revisions, upgrade
from webapp.db.tables import Base


def test_migrations_from_nothing_make_the_tables_of_the_code(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "chat.db"
    assert upgrade(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_a_second_upgrade_has_nothing_to_do(tmp_path: Path) -> None:
    assert upgrade(tmp_path / "chat.db")
    assert not upgrade(tmp_path / "chat.db")
    assert current_revision(tmp_path / "chat.db") == revisions()[-1]


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(MigrationError, match="A newer Open Chat"):
        upgrade(path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    path.write_text("This is a letter to my aunt, and no database at all. " * 20)
    with pytest.raises(MigrationError, match="cannot be opened"):
        upgrade(path)
    assert path.read_text().startswith("This is a letter")


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
