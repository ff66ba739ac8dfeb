"""Logging for the whole process: one line a record, for people or as JSON."""

import logging
import logging.config
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from webapp.config import Settings
from webapp.said_of_errors import in_full, in_short
from webapp.web.context import bound_ids

OURS: Final = "webapp"  # what is below it speaks at the level that is set; libraries from WARNING up, as they quote


class TextFormatter(logging.Formatter):
    """A record as a line of text, whatever a message holds; only a traceback takes more."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name that logging calls
        record.message = "".join(one if one.isprintable() else repr(one)[1:-1] for one in _message(record))
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return in_full(ei[1]) if ei[1] is not None else ""


class JsonFormatter(logging.Formatter):
    """A record as one JSON object: time (UTC), level, logger, message, and what else there is.

    That is the ids of the request, conversation and reply that it is about, the fields that it was logged with
    (`extra={"fields": ...}`), and the traceback.
    """

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            **bound_ids(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields["traceback"] = in_full(record.exc_info[1])
        return msgspec.json.encode(fields).decode()


def _message(record: logging.LogRecord) -> str:
    """The line, with errors in it in short."""
    if isinstance(record.args, tuple):
        record.args = tuple(in_short(one) if isinstance(one, BaseException) else one for one in record.args)
    message = record.getMessage()
    # What asyncio tells of a task has the error in it as it is, on the lines below.
    return message.partition("\n")[0] if record.name == "asyncio" else message


def set_up_logging(settings: Settings) -> None:
    """Sends records from `settings.log_level` up to standard error."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "text": {
                    "()": TextFormatter,
                    "format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s",
                    "datefmt": "%H:%M:%S",
                },
                "json": {"()": JsonFormatter},
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": settings.log_format}},
            "root": {"level": "ERROR" if settings.log_level == "ERROR" else "WARNING", "handlers": ["stderr"]},
            "loggers": {OURS: {"level": settings.log_level}},
        }
    )
