"""What the log has of work that is done again and again in the background."""

import logging

from webapp.db.outages import AwayError


class JobLog:
    """Says once for each kind of error that a job fails, and once that it works again.

    An outage of the database is not said here: the database has said it, once for all jobs.
    """

    def __init__(self, logger: logging.Logger, what: str) -> None:
        """`what` begins the line, as "The list of models could not be refreshed"."""
        self._logger = logger
        self._what = what
        self._said: set[type[Exception]] = set()

    def failed(self, error: Exception) -> None:
        """Errors of connections come without their traceback."""
        kind = type(error)
        if isinstance(error, AwayError) or kind in self._said:
            return
        self._said.add(kind)
        if isinstance(error, ConnectionError | TimeoutError):
            self._logger.warning("%s: %s", self._what, error)
        else:
            self._logger.error("%s: %s", self._what, error, exc_info=error)

    def worked(self) -> None:
        if self._said:
            self._logger.info("%s; now it works again", self._what)
            self._said.clear()
