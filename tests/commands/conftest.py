"""Where verbs are called: an environment without settings of the machine's own, and a database in it."""

from pathlib import Path

import pytest

from tests.fakes.database import migrated_file
from webapp.config import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder; data goes to `data` in it. There is no key, so nobody is called."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.__struct_fields__:
        monkeypatch.delenv(field.upper(), raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def database(folder: Path) -> Path:
    """A database with all tables and nothing in them."""
    (folder / "data").mkdir()
    return migrated_file(folder / "data" / "open-chat.db").path
