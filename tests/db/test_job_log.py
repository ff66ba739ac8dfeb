"""A job that fails again and again says so once."""

import logging

import pytest

from webapp.db.job_log import JobLog
from webapp.db.outages import FULL, AwayError

logger = logging.getLogger("a job")


def test_each_kind_of_error_is_said_once_and_that_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log = JobLog(logger, "The work could not be done")
    for error in [ValueError("one"), ConnectionError("away"), ValueError("two"), ConnectionError("away")]:
        log.failed(error)
    log.worked()
    log.worked()
    assert [(one.levelname, one.exc_info is not None) for one in caplog.records] == [
        ("ERROR", True),
        ("WARNING", False),
        ("INFO", False),
    ]


def test_an_outage_of_the_database_is_not_said_by_each_job(caplog: pytest.LogCaptureFixture) -> None:
    log = JobLog(logger, "The work could not be done")
    log.failed(AwayError("full", FULL))
    assert caplog.records == []
