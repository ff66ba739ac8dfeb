"""The command line: what each verb does, and one line for whatever keeps it from doing so."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from webapp.app import ROOT
from webapp.cli import main
from webapp.config import Settings
from webapp.db.lock import sole_process
from webapp.db.migrate import file_revision, revisions

KEY = {"OPENROUTER_API_KEY": "sk-or-v1-test", "OPENROUTER_BASE_URL": "http://127.0.0.1:9/api/v1"}


def run(*arguments: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`python -m webapp`, as an operator calls it."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "webapp", *arguments],
        cwd=ROOT,
        env={**inherited, "PYTHONWARNINGS": "error", **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def only_line(text: str) -> str:
    assert text.count("\n") == 1, text
    return text


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment and a working folder without settings of the machine's own; data goes to the folder."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.__struct_fields__:
        monkeypatch.delenv(field.upper(), raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return tmp_path


# As a process


def test_help_names_every_verb() -> None:
    done = run("--help", environ={})
    assert done.returncode == 0
    assert done.stderr == ""
    for verb in ("serve", "demo-openrouter", "db"):
        assert verb in done.stdout


def test_a_bad_setting_ends_the_start_with_one_line(folder: Path) -> None:
    done = run("serve", environ={"DATA_DIR": str(folder), "PORT": "eighty"})
    assert (done.returncode, done.stdout) == (1, "")
    assert only_line(done.stderr).startswith("PORT takes a port number")


def test_a_second_server_on_the_same_data_is_refused(folder: Path) -> None:
    with sole_process(folder / "open-chat.db"):
        done = run("serve", environ={"DATA_DIR": str(folder), "PORT": "0", **KEY})
    assert (done.returncode, done.stdout) == (1, "")
    assert f"(process {os.getpid()}) already runs on" in only_line(done.stderr)


def test_a_port_that_is_taken_ends_the_start_and_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", environ={"DATA_DIR": str(folder), "PORT": port, "LOG_LEVEL": "ERROR", **KEY})
    assert done.returncode == 1
    assert done.stdout == ""
    assert only_line(done.stderr).startswith(f"Cannot listen on 127.0.0.1:{port}")


def test_a_path_that_is_an_address_of_the_apps_own_is_refused(folder: Path) -> None:
    done = run("serve", environ={"DATA_DIR": str(folder), "PORT": "0", "ROOT_PATH": "/c", "LOG_LEVEL": "ERROR", **KEY})
    assert (done.returncode, done.stdout) == (1, "")
    assert only_line(done.stderr).startswith("ROOT_PATH takes a path such as /chat; /c is one of")


# Called


@pytest.mark.parametrize(
    "arguments",
    [[], ["dance"], ["db"], ["serve", "--host"], ["serve", "--loud"], ["demo-openrouter", "--port", "many"]],
)
def test_a_wrong_call_exits_with_2_and_says_how(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_the_database_is_made_and_brought_up_to_date_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "upgrade"]) == 0
    assert file_revision(folder / "data" / "open-chat.db") == revisions()[-1]
    assert main(["db", "upgrade"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "The database is up to date.",
        "Nothing to do: the database was up to date.",
    ]


def test_a_database_in_use_is_left_to_the_next_start(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "data" / "open-chat.db"
    with sole_process(file):
        assert main(["db", "upgrade"]) == 0
        assert not file.exists()
    assert only_line(capsys.readouterr().out) == f"{file} is in use; the next start brings it up to date.\n"


def test_a_file_that_is_no_database_is_named_and_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "data" / "open-chat.db"
    file.parent.mkdir()
    file.write_text("A letter to my aunt. " * 100)
    assert main(["db", "upgrade"]) == 1
    assert str(file) in only_line(capsys.readouterr().err)
    assert file.read_text().startswith("A letter")


@pytest.mark.parametrize("verb", [["db", "upgrade"], ["serve"]])
def test_a_data_folder_that_cannot_be_made_is_one_line_that_names_it(
    folder: Path, capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    (folder / "data").write_text("In the way.")
    assert main(verb) == 1
    line = only_line(capsys.readouterr().err)
    assert str(folder / "data") in line
    assert "DATA_DIR" in line


def test_a_port_that_is_taken_keeps_the_stand_in_from_starting(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["demo-openrouter", "--port", port]) == 1
    assert port in only_line(capsys.readouterr().err)


def test_a_host_that_is_given_counts_before_the_one_that_is_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST", "127.0.0.1")
    monkeypatch.setenv("AUTH", "off")
    assert main(["serve", "--host", "0.0.0.0"]) == 1
    assert only_line(capsys.readouterr().err).startswith("AUTH is off")


def test_settings_come_from_dotenv_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / ".env").write_text("LOG_LEVEL=LOUD\n")
    assert main(["db", "upgrade"]) == 1
    assert only_line(capsys.readouterr().err).startswith("LOG_LEVEL takes")
