"""`db recount` finds figures that are wrong, puts them right, and says of how many users they were."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.apart import apart
from tests.fakes.database import on
from tests.fakes.household import move_in
from webapp.cli import main
from webapp.db.address import SqliteFile


def test_right_figures_stay_and_wrong_ones_are_put_right(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    apart(on(SqliteFile(database), move_in))
    before = figures(database)
    assert main(["db", "recount"]) == 0
    assert "Counted what 1 user has. The figures were right." in capsys.readouterr().out
    assert figures(database) == before
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE storage SET bytes = bytes - 5000 WHERE kind = 'pictures'")
        connection.execute("DELETE FROM storage WHERE kind = 'imports'")
        connection.commit()
    assert main(["db", "recount"]) == 0
    assert "The figures of 1 were wrong, and are right now." in capsys.readouterr().out
    assert figures(database) == before


def test_without_a_database_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "recount"]) == 1
    assert "\n" not in capsys.readouterr().err.strip()


def figures(database: Path) -> dict[str, int]:
    with closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute("SELECT kind, bytes FROM storage").fetchall())
