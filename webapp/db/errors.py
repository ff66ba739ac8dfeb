"""What can go wrong with a database in the middle of things, whatever its kind."""

import sqlite3
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

DATABASE_ERRORS: Final = (OSError, SQLAlchemyError, sqlite3.Error)


def reason(error: BaseException) -> str:
    """Why, on one line, in the words of the database itself."""
    return " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".") or type(error).__name__
