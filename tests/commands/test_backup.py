"""`backup` and `restore`, as an operator calls them."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.seed import seed
from webapp.cli import main
from webapp.db.lock import sole_process
from webapp.operations.backups import last_backup


def titles(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [title for (title,) in connection.execute("SELECT title FROM conversations")]


def test_a_copy_is_made_noted_and_put_back(database: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed(database, ["Hi", "Hello."], title="Kept")
    assert main(["backup", "copy.backup"]) == 0
    noted = last_backup(folder / "data")
    assert noted is not None
    assert datetime.now(UTC) - noted.made_at < timedelta(minutes=1)
    assert noted.size == (folder / "copy.backup").stat().st_size
    database.unlink()
    assert main(["restore", "copy.backup"]) == 0
    assert titles(database) == ["Kept"]
    told = capsys.readouterr()
    assert told.out.count("\n") == 2
    assert told.err == ""  # progress is for terminals


def test_a_copy_is_made_while_the_app_runs(database: Path, folder: Path) -> None:
    with sole_process(database):
        assert main(["backup", "copy.backup"]) == 0
        assert main(["restore", "copy.backup"]) == 1


@pytest.mark.usefixtures("database")
def test_a_file_that_is_there_is_overwritten_by_force_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "copy.backup").write_text("Dear to me.")
    assert main(["backup", "copy.backup"]) == 1
    assert "--force" in capsys.readouterr().err
    assert (folder / "copy.backup").read_text() == "Dear to me."
    assert main(["backup", "copy.backup", "--force"]) == 0
    assert (folder / "copy.backup").read_bytes().startswith(b"SQLite format 3")


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("file", "says"), [("no/such/folder/copy", "make that folder"), (".", "is a folder")])
def test_a_place_where_no_file_can_be_is_one_line(file: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", file]) == 1
    line = capsys.readouterr().err
    assert says in line
    assert line.count("\n") == 1


def test_a_copy_that_cannot_be_noted_is_there_all_the_same(
    database: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (database.parent / "last-backup.json").mkdir()
    assert main(["backup", "copy.backup"]) == 0
    assert (folder / "copy.backup").is_file()
    assert "/status will not know" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["backup", "export"])
def test_without_a_database_there_is_nothing_to_copy(
    folder: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "copy"]) == 1
    assert "There is no database" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_what_would_be_lost_is_told_first(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "empty.backup"]) == 0
    seed(database, ["Hi", "Hello."], title="Kept")
    assert main(["restore", "empty.backup"]) == 1
    assert "--force" in capsys.readouterr().err
    assert titles(database) == ["Kept"]
    assert main(["restore", "empty.backup", "--force"]) == 0
    assert titles(database) == []
