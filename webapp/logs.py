"""Logging for the whole process: one line a record, for people or as JSON."""

import logging
import logging.config
from datetime import UTC, datetime

import msgspec

from webapp.config import Settings


class TextFormatter(logging.Formatter):
    """A record as a line of text, whatever a message holds; only a traceback takes more."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name that logging calls
        record.message = "".join(one if one.isprintable() else repr(one)[1:-1] for one in record.message)
        return super().formatMessage(record)


class JsonFormatter(logging.Formatter):
    """A record as one JSON object: time (UTC), level, logger, message, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(fields).decode()


def set_up_logging(settings: Settings) -> None:
    """Sends records from `settings.log_level` up to standard error. The access log is left to the proxy in front."""
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
            # Libraries speak from WARNING up: at INFO they say a line a request.
            "loggers": {
                name: {"level": "WARNING"} for name in ("httpx", "httpcore", "uvicorn", "aiosqlite", "alembic")
            },
        }
    )
