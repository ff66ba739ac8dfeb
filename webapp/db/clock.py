"""The database's clock. What several machines compare is told by it, as their own clocks differ."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from webapp.db.types import UtcDateTime


class _Moment(FunctionElement[datetime]):
    name = "moment"
    type = UtcDateTime()
    inherit_cache = True


def moment(ago: timedelta = timedelta(0)) -> FunctionElement[datetime]:
    """The time at which the statement runs, or so long before it: a value for statements, made by the database.

    A column that was set to it has to be read anew to be known.
    """
    return _Moment(ago.total_seconds())


# As SQLAlchemy writes points in time, with six digits; the clock has three.
_SQLITE: Final = "strftime('%Y-%m-%d %H:%M:%f000', 'now', printf('%.3f seconds', -({})))"
_POSTGRES: Final = "(clock_timestamp() - make_interval(secs => {}))"


@compiles(_Moment, "sqlite")
def _on_sqlite(element: _Moment, compiler: Any, **how: Any) -> str:
    return _SQLITE.format(compiler.process(element.clauses, **how))


@compiles(_Moment, "postgresql")
def _on_postgres(element: _Moment, compiler: Any, **how: Any) -> str:
    return _POSTGRES.format(compiler.process(element.clauses, **how))
