"""Logging for the whole process: one line a record, for people or as JSON."""

import logging
import logging.config
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from webapp.config import Settings
from webapp.web.context import bound_ids

# Speak from WARNING up: at INFO they say a line a request.
QUIET_LIBRARIES: Final = ("httpx", "httpcore", "uvicorn", "aiosqlite", "alembic")


class TextFormatter(logging.Formatter):
    """A record as a line of text, whatever a message holds; only a traceback takes more."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name that logging calls
        record.message = "".join(one if one.isprintable() else repr(one)[1:-1] for one in record.message)
        return super().formatMessage(record)


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
            "message": record.getMessage(),
            **bound_ids(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(fields).decode()


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
            "root": {"level": settings.log_level, "handlers": ["stderr"]},
            "loggers": {name: {"level": "WARNING"} for name in QUIET_LIBRARIES},
        }
    )
