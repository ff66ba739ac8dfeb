"""How many bytes a value has, as the database keeps it: of a text in UTF-8, of a file as it is, of JSON as a text."""

from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _Octets(FunctionElement[int]):
    name = "octets"
    type = BigInteger()
    inherit_cache = True


def octets(column: Any) -> FunctionElement[int]:
    """A value for statements; 0 where there is none."""
    return _Octets(column)


@compiles(_Octets, "sqlite")
def _on_sqlite(element: _Octets, compiler: Any, **how: Any) -> str:
    return f"coalesce(length(CAST({compiler.process(element.clauses, **how)} AS BLOB)), 0)"


@compiles(_Octets, "postgresql")
def _on_postgres(element: _Octets, compiler: Any, **how: Any) -> str:
    (column,) = element.clauses
    value = compiler.process(column, **how)
    return f"coalesce(octet_length({f'CAST({value} AS text)' if isinstance(column.type, JSON) else value}), 0)"
