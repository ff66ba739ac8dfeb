"""`doctor` and `db status`: what they look at, what they say, and what they end with."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.fakes.sqlite_trouble import damage
from tests.fakes.upstream import KEY
from webapp.cli import main
from webapp.db.migrate import revisions
from webapp.operations.checks import Level
from webapp.operations.integrity import IntegrityCheck
from webapp.standin.server import StandIn


def set_revision(database: Path, revision: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


@pytest.mark.usefixtures("database")
def test_a_healthy_installation_is_told_line_by_line(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    monkeypatch.setenv("OPENROUTER_BASE_URL", standin.base_url)
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    for line in ("Database", "Tables", "Model server    It takes the key", "Credit", "Clock", "Disk", "Public address"):
        assert line in told
    assert "look  Last backup" in told
    assert "BAD" not in told


def test_machines_get_json(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    set_revision(database, "0000")
    assert main(["doctor", "--json"]) == 1
    told = msgspec.json.decode(capsys.readouterr().out)
    assert told["level"] == "bad"
    (tables,) = [one for one in told["checks"] if one["name"] == "migrations"]
    assert (tables["level"], tables["required"]) == ("bad", True)
    assert tables["remedy"]


def test_what_does_not_work_is_told_once_and_with_what_to_do(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    monkeypatch.setenv("OPENROUTER_BASE_URL", "http://127.0.0.1:9/api/v1")
    assert main(["doctor"]) == 1
    told = capsys.readouterr()
    assert "BAD   Model server    The model server cannot be reached" in told.out
    assert "check OPENROUTER_BASE_URL and whether that server runs" in told.out
    assert (told.err, KEY in told.out) == ("", False)


def test_a_damaged_page_is_found(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(database, "conversations")
    assert main(["doctor", "--json"]) == 1
    told = msgspec.json.decode(capsys.readouterr().out)
    (found,) = [one for one in told["checks"] if one["name"] == "integrity"]
    assert (found["level"], "damaged" in found["says"]) == ("bad", True)
    assert "restore" in found["remedy"]


async def test_a_file_that_takes_too_long_to_look_through_is_left(database: Path) -> None:
    found = await IntegrityCheck(database, patience=-1).look()
    assert found.level is Level.FAIR


def test_a_file_that_is_not_there_yet_is_not_made_by_looking(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert "The first start makes it." in capsys.readouterr().out
    assert main(["db", "status"]) == 1
    assert "not there yet" in capsys.readouterr().out
    assert list(folder.iterdir()) == []


def test_status_says_how_far_the_tables_are(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "status"]) == 0
    assert f"up to date, at {revisions()[-1]}" in capsys.readouterr().out
    set_revision(database, "0001")
    assert main(["db", "status"]) == 1
    assert "db upgrade" in capsys.readouterr().out
    set_revision(database, "9999")
    assert main(["db", "status"]) == 1
    assert "9999" in capsys.readouterr().err


def test_what_is_no_database_is_one_line(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database.write_text("A letter to my aunt. " * 100)
    for verb in (["db", "status"], ["export", "all.zip"], ["backup", "copy"]):
        assert main(verb) == 1
        assert capsys.readouterr().err.count("\n") == 1
    assert main(["doctor"]) == 1


@pytest.mark.parametrize("verb", [["backup"], ["restore"], ["export"], ["doctor"], ["db", "status"]])
def test_each_verb_has_an_example(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*verb, "--help"])
    assert left.value.code == 0
    assert f"example: python -m webapp {' '.join(verb)}" in " ".join(capsys.readouterr().out.split())
