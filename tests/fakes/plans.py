"""How a database means to execute a statement."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession


async def steps(session: AsyncSession, statement: str, parameters: Any) -> list[str]:
    """The steps, one a line. Postgres, which goes through small tables whatever their indexes, does not do so here."""
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        return [row[-1] for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    return [row[0] for row in await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]
