"""Log lines: one a record, for people or for programs."""

import logging
import sys
from datetime import datetime
from typing import Any

import msgspec
import pytest

from webapp.config import Settings
from webapp.logs import JsonFormatter, set_up_logging
from webapp.web.context import bound


def line(message: str = "Hello", **fields: Any) -> str:
    record = logging.makeLogRecord({"name": "webapp.x", "levelname": "INFO", "msg": message, **fields})
    return JsonFormatter().format(record)


def test_a_record_is_one_json_object() -> None:
    told = msgspec.json.decode(line("Read %d of %s", args=(3, "three")))
    assert (told["level"], told["logger"], told["message"]) == ("INFO", "webapp.x", "Read 3 of three")
    assert datetime.fromisoformat(told["time"]).utcoffset() is not None
    assert "traceback" not in told


def test_a_record_has_the_ids_that_it_is_about_and_its_fields() -> None:
    with bound(request_id="r1"), bound(reply_id="m1"):
        told = msgspec.json.decode(line(fields={"status": 200}))
    assert (told["request_id"], told["reply_id"], told["status"]) == ("r1", "m1", 200)
    assert "request_id" not in msgspec.json.decode(line())


def test_several_lines_of_text_stay_one_line_of_json() -> None:
    assert "\n" not in line("one\ntwo")
    assert msgspec.json.decode(line("one\ntwo"))["message"] == "one\ntwo"


def test_a_traceback_is_a_field() -> None:
    try:
        raise ValueError("what went wrong")
    except ValueError:
        told = line(exc_info=sys.exc_info())
    assert "\n" not in told
    assert msgspec.json.decode(told)["traceback"].splitlines()[-1] == "ValueError"


@pytest.mark.parametrize(("form", "begin"), [("json", '{"time":"'), ("text", "")])
def test_the_form_is_the_one_that_is_set(form: str, begin: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(Settings.from_env({"LOG_FORMAT": form}))
    logging.getLogger("webapp.x").info("Told")
    told = capsys.readouterr().err
    assert told.startswith(begin)
    assert told.count("\n") == 1
    assert "INFO" in told
    assert "webapp.x" in told
    assert "Told" in told


def test_the_level_is_the_one_that_is_set_and_libraries_speak_from_warning_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logging(Settings.from_env({"LOG_LEVEL": "DEBUG"}))
    for name in ("webapp.x", "httpx", "uvicorn.error", "aiosqlite", "alembic.runtime"):
        logging.getLogger(name).debug("whispers")
        logging.getLogger(name).info("talks")
    assert [told.split()[-1] for told in capsys.readouterr().err.splitlines()] == ["whispers", "talks"]
    logging.getLogger("httpx").warning("shouts")
    assert "shouts" in capsys.readouterr().err
    set_up_logging(Settings.from_env({"LOG_LEVEL": "ERROR"}))
    logging.getLogger("webapp.x").warning("unheard")
    assert capsys.readouterr().err == ""
