"""`export`: everything is in the zip, to read and to take away."""

import zipfile
from pathlib import Path

import msgspec
import pytest

from tests.fakes.seed import seed
from webapp.cli import main


def test_the_zip_has_each_conversation_twice(folder: Path, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed(database, ["Hi", "Hello there."], title="First / one")
    seed(database, ["Bye", "See you."], title="Second")
    assert main(["export", "all.zip"]) == 0
    assert "2 conversations" in capsys.readouterr().out
    with zipfile.ZipFile(folder / "all.zip") as archive:
        names = archive.namelist()
        assert len(names) == 4
        assert all(name.startswith("local/") for name in names)
        (first,) = [name for name in names if "First - one" in name and name.endswith(".md")]
        text = archive.read(first).decode()
        told = msgspec.json.decode(archive.read(first.replace(".md", ".json")))
    assert text.startswith("# First / one\n")
    assert text.index("Hi") < text.index("Hello there.")
    assert [one["content"] for one in told["messages"]] == ["Hi", "Hello there."]


def test_a_broken_export_leaves_no_file_behind(
    folder: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database.write_bytes(database.read_bytes()[:9_000])
    assert main(["export", "all.zip"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["data"]
