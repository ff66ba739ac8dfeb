"""`import`: what other programs wrote becomes conversations, once."""

import asyncio
import zipfile
from pathlib import Path

import msgspec
import pytest

from tests.fakes import exports
from tests.fakes.gallery import gallery_of
from tests.fakes.seed import seed
from webapp.cli import main
from webapp.db.address import SqliteFile
from webapp.db.engine import open_database
from webapp.documents.store import DocumentStore

Capture = pytest.CaptureFixture[str]


def write(folder: Path, *conversations: object) -> str:
    (folder / "conversations.json").write_bytes(msgspec.json.encode(conversations))
    return "conversations.json"


def test_a_file_of_another_program_is_brought_in_once_and_stays(folder: Path, database: Path, capsys: Capture) -> None:
    file = write(folder, exports.chatgpt(), exports.claude())
    before = (folder / file).read_bytes()
    assert main(["import", file]) == 0
    assert capsys.readouterr().out.startswith("Conversations: 2 brought in with ")
    assert main(["import", file]) == 0
    assert capsys.readouterr().out == "Conversations: 0 brought in with 0 messages, 2 here already.\n"
    assert (folder / file).read_bytes() == before
    assert main(["export", "all.zip"]) == 0
    with zipfile.ZipFile("all.zip") as archive:
        assert len(archive.namelist()) == 4


def test_an_export_of_one_installation_goes_into_another(
    folder: Path, database: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(database, ["Hi", "Hello there."], title="First")
    assert main(["export", "all.zip"]) == 0
    monkeypatch.setenv("DATA_DIR", str(folder / "other"))
    (folder / "other").mkdir()
    assert main(["db", "upgrade"]) == 0
    capsys.readouterr()
    assert main(["import", "all.zip"]) == 0
    assert capsys.readouterr().out == "Conversations: 1 brought in with 2 messages, 0 here already.\n"
    assert main(["export", "again.zip"]) == 0
    with zipfile.ZipFile("all.zip") as one, zipfile.ZipFile("again.zip") as other:
        (first,) = [one.read(name).decode() for name in one.namelist() if name.endswith(".md")]
        (second,) = [other.read(name).decode() for name in other.namelist() if name.endswith(".md")]
    assert first == second


def test_where_there_are_accounts_one_is_named(
    folder: Path, database: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH", "on")
    file = write(folder, exports.claude())
    assert main(["user", "add", "anna@example.org"]) == 0
    assert main(["import", file]) == 1
    assert "--user EMAIL" in capsys.readouterr().err
    assert main(["import", file, "--user", "bob@example.org"]) == 1
    assert "no account bob@example.org" in capsys.readouterr().err
    assert main(["import", file, "--user", "Anna@example.org"]) == 0
    assert asyncio.run(owners(database)) == ["anna@example.org"]


async def owners(database: Path) -> list[str]:
    """Who has conversations."""
    opened = open_database(SqliteFile(database))
    try:
        documents = DocumentStore(opened, gallery_of(opened))
        return [user.name for user in await documents.users() if await documents.count(user.id)]
    finally:
        await opened.close()


def test_what_is_no_conversation_is_named(folder: Path, database: Path, capsys: Capture) -> None:
    file = write(folder, exports.claude(), {"title": "No conversation"})
    assert main(["import", file]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("Conversations: 1 brought in")
    assert "1 other entry isn't in a format that can be read." in said.err


def test_a_conversation_that_cannot_be_read_is_named_and_the_rest_comes_in(
    folder: Path, database: Path, capsys: Capture
) -> None:
    ring = exports.chatgpt(title="Rings")
    for name, node in ring["mapping"].items():
        node["parent"] = name
    assert main(["import", write(folder, exports.claude(), ring)]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("Conversations: 1 brought in")
    assert "Rings: " in said.err


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "There is no file a.json."), (b"", "There is nothing in the file a.json."), (b"\x00\x01", "")],
)
def test_what_is_no_file_of_conversations_is_refused(
    folder: Path, database: Path, capsys: Capture, content: bytes | None, said: str
) -> None:
    if content is not None:
        (folder / "a.json").write_bytes(content)
    assert main(["import", "a.json"]) == 1
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_file_that_is_too_large_says_what_raises_the_limit(
    folder: Path, database: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_IMPORT_BYTES", "1000000")
    (folder / "a.json").write_bytes(b" " * 1_000_001)
    assert main(["import", "a.json"]) == 1
    assert "at most 1 MB are taken. MAX_IMPORT_BYTES raises" in capsys.readouterr().err
